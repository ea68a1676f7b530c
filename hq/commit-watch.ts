/**
 * Whether headquarters makes progress, for the watchdog: messages that are worked off end, also the
 * refused ones. A custody that hangs (a disk or a database that neither answers nor fails) leaves one
 * under way and ends none.
 */
export type WorkReadings = { underWay: number; ended: number };

/** A commit may take this long on a disk that is about to fail, and an idle one takes none. */
const STALL_MS_MAX = 60_000;

export class CommitWatch {
  readonly #read: () => WorkReadings;
  readonly #monotonicMs: () => number;
  #ended = -1;
  #endedAtMs: number;

  constructor(read: () => WorkReadings, monotonicMs: () => number) {
    this.#read = read;
    this.#monotonicMs = monotonicMs;
    this.#endedAtMs = monotonicMs();
  }

  isAlive(): boolean {
    const { underWay, ended } = this.#read();
    const nowMs = this.#monotonicMs();
    if (underWay === 0 || ended !== this.#ended) {
      this.#ended = ended;
      this.#endedAtMs = nowMs;
      return true;
    }
    return nowMs - this.#endedAtMs < STALL_MS_MAX;
  }
}
