/**
 * Writes down in the log which heads of the feeds are in force from which entry on, so that a price
 * on a receipt can be traced to what headquarters had said. The first change is written at once; while
 * changes follow each other closely, the newest is written once a minute, so that a day of small price
 * changes does not fill the log. Each start of the process writes once what is in force.
 */
import type { Schedule } from '../../platform/schedule.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Append } from '../ledger/commands.ts';
import type { FeedsStatus } from './feed-status.ts';

export type FeedHeadWriterOptions = {
  append: (command: Append) => Promise<unknown>;
  schedule: Schedule;
  onTrouble: (error: unknown) => void;
};

const INTERVAL_MS = 60_000;

type Head = { scope: string; origin: string; size: number; root: string };

export class FeedHeadWriter {
  readonly #options: FeedHeadWriterOptions;
  #written: string | undefined;
  #latest: Head[] = [];
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: FeedHeadWriterOptions) {
    this.#options = options;
  }

  /** These heads are in force. */
  inForce({ feeds }: FeedsStatus): void {
    this.#latest = feeds.map(({ scope, origin, size, root }) => ({ scope, origin, size, root }));
    if (this.#cancelTimer === undefined) this.#write();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  #write(): void {
    const text = JSON.stringify(this.#latest);
    if (this.#isClosed || this.#latest.length === 0 || text === this.#written) return;
    this.#written = text;
    const feeds: Json = this.#latest.map((head) => ({ ...head }));
    const command: Append = { type: 'append', kind: 'feedHead', members: { feeds } };
    this.#options.append(command).catch((error: unknown) => {
      // The disk is full, say: the next head, or this one a minute later, is written instead.
      this.#written = undefined;
      this.#options.onTrouble(error);
    });
    this.#cancelTimer = this.#options.schedule(() => {
      this.#cancelTimer = undefined;
      this.#write();
    }, INTERVAL_MS);
  }
}
