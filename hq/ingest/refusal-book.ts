/**
 * Remembers what headquarters refused: counted by reason, logged once per origin and reason, and
 * the latest of each kept for people to see. Bounded, because those who are refused may be many.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { RefusalReason } from '../../protocol/replication/messages.ts';

export type Refusal = {
  /** The log's name as claimed; the topic where nothing could be read. */
  origin: string;
  reason: RefusalReason;
  detail: string;
  count: number;
  lastAtMs: number;
};

export interface RefusalLog {
  warn(details: object, message: string): void;
}

/** Origins and reasons remembered; the least recently refused is forgotten. */
const REFUSALS_MAX = 1_000;

export class RefusalBook {
  readonly #clock: Clock;
  readonly #log: RefusalLog;
  readonly #counts = new Map<RefusalReason, number>();
  readonly #latest = new Map<string, Refusal>();

  constructor(clock: Clock, log: RefusalLog) {
    this.#clock = clock;
    this.#log = log;
  }

  note(origin: string, reason: RefusalReason, detail: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const key = `${reason} ${origin}`;
    const before = this.#latest.get(key);
    this.#latest.delete(key);
    const count = (before?.count ?? 0) + 1;
    this.#latest.set(key, { origin, reason, detail, count, lastAtMs: this.#clock.wallMs() });
    if (before === undefined) this.#log.warn({ origin, reason, detail }, 'refused');
    const oldest = this.#latest.keys().next().value;
    if (this.#latest.size > REFUSALS_MAX && oldest !== undefined) this.#latest.delete(oldest);
  }

  /** How many of each reason since the start. */
  counts(): ReadonlyMap<RefusalReason, number> {
    return this.#counts;
  }

  /** The latest first. */
  latest(): Refusal[] {
    return [...this.#latest.values()].reverse();
  }
}
