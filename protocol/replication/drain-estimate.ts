/**
 * How long until the other side holds everything: from the pace of acknowledgements, smoothed so
 * that one slow batch does not make the figure jump. An estimate for people; nothing depends on it.
 */

/** Acknowledgements older than this no longer count much. */
const MEMORY_MS = 10_000;

export class DrainEstimate {
  #atMs: number | undefined;
  #entriesPerMs = 0;

  /** `entries` more were acknowledged at `nowMs`. */
  acknowledged(entries: number, nowMs: number): void {
    const sinceMs = this.#atMs === undefined ? 0 : nowMs - this.#atMs;
    this.#atMs = nowMs;
    if (sinceMs <= 0) return;
    const weight = 1 - Math.exp(-sinceMs / MEMORY_MS);
    const pace = entries / sinceMs;
    this.#entriesPerMs =
      this.#entriesPerMs === 0 ? pace : this.#entriesPerMs * (1 - weight) + pace * weight;
  }

  /** The drain paused: what follows says nothing about the time in between. */
  pause(): void {
    this.#atMs = undefined;
  }

  /** Smoothed pace; 0 while unknown. */
  get entriesPerSecond(): number {
    return this.#entriesPerMs * 1_000;
  }

  /** Seconds until `entries` more are acknowledged, or undefined while the pace is unknown. */
  remainingSeconds(entries: number): number | undefined {
    if (entries === 0) return 0;
    if (this.#entriesPerMs === 0) return undefined;
    return Math.ceil(entries / this.#entriesPerMs / 1_000);
  }
}
