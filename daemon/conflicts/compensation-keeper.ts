/**
 * Where headquarters decided a conflict against something that this gateway did, writes down what it
 * owes for that: one entry for each conflict, whatever is killed in between, because the ledger knows
 * an entry by its conflict. Follows the feeds; what could not be written is tried again.
 */
import type { Schedule } from '../../platform/schedule.ts';
import { compensationFor } from '../../protocol/conflicts/compensation.ts';
import type { ConflictDocument } from '../../protocol/feed/conflict-document.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import type { Append } from '../ledger/commands.ts';

export type CompensationKeeperOptions = {
  /** What headquarters published. */
  documents: () => readonly ConflictDocument[];
  /** Whether a log is one of this gateway. */
  isOwn: (origin: string) => boolean;
  append: (command: Append) => Promise<unknown>;
  schedule: Schedule;
  onTrouble: (error: unknown) => void;
};

/** A full disk, say, takes people a while. */
const AGAIN_MS = 60_000;

export class CompensationKeeper {
  readonly #options: CompensationKeeperOptions;
  readonly #written = new Set<string>();
  #seen = '';
  #work: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: CompensationKeeperOptions) {
    this.#options = options;
  }

  /** These heads are in force. */
  inForce({ feeds }: FeedsStatus): void {
    const some = feeds.filter(({ documents }) => (documents['conflict'] ?? 0) > 0);
    const seen = JSON.stringify(some.map(({ origin, size }) => [origin, size]));
    if (some.length === 0 || seen === this.#seen) return;
    this.#seen = seen;
    this.#look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#work;
  }

  #look(): void {
    this.#work = this.#work
      .then(() => this.#write())
      .catch((error: unknown) => {
        this.#options.onTrouble(error);
        this.#again();
      });
  }

  #again(): void {
    if (this.#isClosed || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#options.schedule(() => {
      this.#cancelTimer = undefined;
      this.#look();
    }, AGAIN_MS);
  }

  async #write(): Promise<void> {
    const { documents, isOwn, append } = this.#options;
    if (this.#isClosed) return;
    for (const document of documents()) {
      const { conflictId } = document;
      if (this.#written.has(conflictId)) continue;
      const members = compensationFor(document, isOwn);
      if (members === undefined) continue;
      const once = `compensation ${conflictId}`;
      await append({ type: 'append', kind: 'grant', members, once });
      this.#written.add(conflictId);
    }
  }
}
