/**
 * How long the follower rests after a slice, so that tills keep the processor: while little is sold it
 * takes half of one at most, and while entries come in faster than any store sells, a tenth.
 */

/** A store sells some tens a second at its busiest; this is a flood, or a log that comes back. */
const FLOOD_PER_SECOND = 250;
const RESTS = { calm: 1, flood: 9 };
/** A pause is never longer, whatever a slice took. */
const REST_MS_MAX = 1_000;
/** Growth is measured over this. */
const WINDOW_MS = 500;

export class StockPace {
  #since: { atMs: number; total: number } | undefined;
  #isFlood = false;

  /** `total` entries are in the logs now; gives the pause after a slice of `workMs`. */
  rest(workMs: number, { total, nowMs }: { total: number; nowMs: number }): number {
    this.#since ??= { atMs: nowMs, total };
    const { atMs, total: before } = this.#since;
    if (nowMs - atMs >= WINDOW_MS) {
      this.#isFlood = ((total - before) * 1_000) / (nowMs - atMs) > FLOOD_PER_SECOND;
      this.#since = { atMs: nowMs, total };
    }
    return Math.min(REST_MS_MAX, workMs * (this.#isFlood ? RESTS.flood : RESTS.calm));
  }
}
