/**
 * Keeps bringing entries back going: what stops it is told as an alarm and tried again, less and
 * less often, and when it comes through the alarm goes. Progress is in the ledger, so a try costs
 * asking again. Sales never wait for any of it; only a ledger that failed for good is passed on.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Recovery } from './recovery.ts';

export type SteadyRecoveryOptions = {
  recovery: Pick<Recovery, 'run'>;
  alarms: Pick<AlarmBook, 'raise' | 'clear'>;
  schedule: Schedule;
  signal: AbortSignal;
  log: { error(details: object, message: string): void };
  /** Ends the process: the ledger failed for good. */
  failed: (error: unknown) => void;
};

const RETRY_MS_BASE = 60_000;
/** A cause that stays is somebody's to find; it is not worth more than a line an hour. */
const RETRY_MS_MAX = 3_600_000;

export class SteadyRecovery {
  readonly #options: SteadyRecoveryOptions;
  #retryMs = RETRY_MS_BASE;
  #cancelRetry: () => void = () => undefined;

  constructor(options: SteadyRecoveryOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#cancelRetry(), { once: true });
  }

  /** There is something to bring back, or the process began. */
  run(): void {
    this.#cancelRetry();
    this.#options.recovery.run().then(
      () => this.#cameThrough(),
      (error: unknown) => this.#stopped(error),
    );
  }

  #cameThrough(): void {
    this.#retryMs = RETRY_MS_BASE;
    if (!this.#options.signal.aborted) this.#options.alarms.clear('LOG_RECOVERY_STOPPED');
  }

  #stopped(error: unknown): void {
    const { alarms, log, schedule, signal, failed } = this.#options;
    if (isTillgateError(error, 'LEDGER_IO')) {
      failed(error);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ err: error }, 'an earlier log could not be brought back');
    alarms.raise('LOG_RECOVERY_STOPPED', `An earlier log could not be brought back: ${reason}`);
    if (signal.aborted) return;
    this.#cancelRetry();
    this.#cancelRetry = schedule(() => this.run(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }
}
