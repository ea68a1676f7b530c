/**
 * Exponential back-off with full jitter: the n-th wait is uniform between nothing and
 * `baseMs · 2^n`, capped. After a central outage a thousand stores therefore come back spread out,
 * not in step. Pure: randomness comes in, waiting is the caller's.
 */
export type BackOffOptions = {
  baseMs: number;
  maxMs: number;
  /** Uniform in [0, 1). */
  random: () => number;
};

/** Beyond this many doublings every cap in use is reached; it keeps the power finite. */
const DOUBLINGS_MAX = 30;

export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Failures since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and returns how long to wait, in milliseconds. */
  nextMs(): number {
    const { baseMs, maxMs, random } = this.#options;
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, DOUBLINGS_MAX));
    this.#failures += 1;
    return Math.floor(random() * ceilingMs);
  }

  /** Something went well: the next failure starts small again. */
  reset(): void {
    this.#failures = 0;
  }
}
