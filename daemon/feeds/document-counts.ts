/**
 * How many documents a feed holds, for the status. Counting reads all of their keys, so of a large feed
 * that changes all the time it is done now and then only.
 */
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { Clock } from '../../protocol/clock.ts';

/** So many are counted in a millisecond or two. */
const SMALL = 10_000;
const COUNT_AGAIN_MS = 10_000;
/** Chain and store, and some that were replaced. */
const FEEDS_MAX = 8;

type Counted = { size: number; atMs: number; total: number; counts: Record<string, number> };

export class DocumentCounts {
  readonly #database: FeedDatabase;
  readonly #clock: Clock;
  readonly #known = new Map<number, Counted>();

  constructor(database: FeedDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** By collection; of a large feed as of some seconds ago. */
  of({ generation, forceSize: size }: FeedRow): Record<string, number> {
    const known = this.#known.get(generation);
    const atMs = this.#clock.monotonicMs();
    if (known !== undefined) {
      const isRecent = known.total > SMALL && atMs - known.atMs < COUNT_AGAIN_MS;
      if (known.size === size || isRecent) return known.counts;
    }
    if (this.#known.size >= FEEDS_MAX) this.#known.clear();
    const counts = this.#database.counts(generation);
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    this.#known.set(generation, { size, atMs, total, counts });
    return counts;
  }
}
