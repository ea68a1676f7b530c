/**
 * Counts what was refused and logs it once for each device and reason: a till that is set up wrongly
 * tries for ever, and one line says it all.
 */

export interface RefusalLog {
  warn(details: object, message: string): void;
}

/** Enough for every reason on every device of a large store; beyond it refusals are only counted. */
const LOGGED_MAX = 10_000;

export class Refusals {
  readonly #log: RefusalLog;
  readonly #logged = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(log: RefusalLog) {
    this.#log = log;
  }

  /** How often each reason came; reasons are a closed set of words, so this stays small. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** `who` is a device id, or the peer's address where no device is known. */
  refused(who: string, reason: string, details: object = {}): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const key = `${reason} ${who}`;
    if (this.#logged.has(key) || this.#logged.size >= LOGGED_MAX) return;
    this.#logged.add(key);
    this.#log.warn({ who, reason, ...details }, 'refused; said once for each device and reason');
  }
}
