/**
 * Keeps `signed-head` close behind a log that grows while nobody asks for its head: no headquarters
 * was joined, or it is away. A roll-back is seen by a head that is ahead of the log, so what is not
 * yet signed could be rolled back unseen; that is bounded here, in time. A head that could not be
 * written is tried again at the same pace. Where the uplink streams it signs by itself, and a call
 * here finds the tip signed and writes nothing.
 */
import type { Schedule } from '../../platform/schedule.ts';

/** Two small fsyncs beside those of the sales, at most this often. */
export const SIGNING_INTERVAL_MS = 2_000;

export interface SteadySigningOptions {
  schedule: Schedule;
  /** Signs everything committed; false where that could not be made durable. */
  sign: () => boolean;
}

export class SteadySigning {
  readonly #options: SteadySigningOptions;
  #cancel: (() => void) | undefined;

  constructor(options: SteadySigningOptions) {
    this.#options = options;
  }

  /** The log has grown. */
  grew(): void {
    this.#cancel ??= this.#options.schedule(() => {
      this.#cancel = undefined;
      if (!this.#options.sign()) this.grew();
    }, SIGNING_INTERVAL_MS);
  }

  close(): void {
    this.#cancel?.();
  }
}
