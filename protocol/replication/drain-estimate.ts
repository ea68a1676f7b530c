/**
 * How long until the other side holds everything: from the pace of acknowledgements, smoothed so
 * that one slow batch does not make the figure jump. An estimate for people; nothing depends on it.
 */

/** Acknowledgements older than this no longer count much. */
const MEMORY_MS = 10_000;

export class DrainEstimate {
  #atMs: number | undefined;
  /** What was acknowledged and in which time, both fading alike, so that even the first is a mean. */
  #entries = 0;
  #spentMs = 0;

  /** `entries` more were acknowledged at `nowMs`. */
  acknowledged(entries: number, nowMs: number): void {
    const sinceMs = this.#atMs === undefined ? 0 : nowMs - this.#atMs;
    this.#atMs = nowMs;
    if (sinceMs <= 0) return;
    const faded = Math.exp(-sinceMs / MEMORY_MS);
    this.#entries = this.#entries * faded + entries;
    this.#spentMs = this.#spentMs * faded + sinceMs;
  }

  /**
   * The drain paused: what follows says nothing about the time in between, and the trickle before
   * says nothing about the flood that follows.
   */
  pause(): void {
    this.#atMs = undefined;
    this.#entries = 0;
    this.#spentMs = 0;
  }

  /** Smoothed pace; 0 while unknown. */
  get entriesPerSecond(): number {
    return this.#spentMs === 0 ? 0 : (this.#entries / this.#spentMs) * 1_000;
  }

  /** Seconds until `entries` more are acknowledged, or undefined while the pace is unknown. */
  remainingSeconds(entries: number): number | undefined {
    if (entries === 0) return 0;
    if (this.#entries === 0) return undefined;
    return Math.ceil(entries / this.entriesPerSecond);
  }
}
