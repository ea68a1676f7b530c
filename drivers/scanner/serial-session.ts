/**
 * A scanner on a serial line that sends text with a suffix. It is silent until something is read, so
 * an open port is all there is to know of it; enabling and disabling is sent where the maker has
 * bytes for it, and done by the gateway in any case.
 */
import type { Job } from '../job.ts';
import { refusedJob } from '../job-problem.ts';
import type { SessionEffect, SessionInput, SessionMachine } from '../session-machine.ts';
import type { Framed } from '../framer.ts';
import { DelimitedFramer } from './delimited-framer.ts';
import { createPaymentMask } from './payment-mask.ts';
import { ScanReporter } from './scan-reporter.ts';
import type { ScannerCommand } from './scanner-operations.ts';
import { delimitersOf, enablingBytes, isPlausible } from './serial-options.ts';
import type { SerialScannerOptions } from './serial-options.ts';

export class SerialScannerSession implements SessionMachine {
  readonly #options: SerialScannerOptions;
  readonly #framer: DelimitedFramer;
  readonly #reporter: ScanReporter;
  /** Jobs whose bytes are on their way, by the mark of their write. */
  readonly #leaving = new Map<number, { jobId: string; isEnabled: boolean }>();
  #marks = 0;

  constructor(options: SerialScannerOptions) {
    this.#options = options;
    this.#framer = new DelimitedFramer(delimitersOf(options));
    this.#reporter = new ScanReporter(options);
  }

  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    switch (input.type) {
      case 'opened':
        return [
          { type: 'condition', condition: { state: 'ready', reasons: [] } },
          ...this.#restored(),
        ];
      case 'data':
        return [...this.#told(this.#framer.push(input.bytes), nowMs), this.#restTimer()];
      case 'timer':
        return this.#told(this.#framer.flush(), nowMs);
      case 'job':
        return this.#begin(input.job);
      case 'written':
        return this.#left(input.mark);
      case 'expired':
        return this.#refuse((job) => job.jobId === input.jobId);
      case 'closed':
        return this.#refuse(() => true);
      default:
        return [];
    }
  }

  /** A scanner keeps what it was told last, also over a restart of the gateway. */
  #restored(): SessionEffect[] {
    const bytes = enablingBytes(this.#options.device, this.#reporter.isEnabled);
    const isLasting = this.#options.device === 'cipherlab';
    return bytes !== undefined && isLasting ? [{ type: 'write', bytes }] : [];
  }

  #told(framed: readonly Framed<Uint8Array>[], nowMs: number): SessionEffect[] {
    return framed.flatMap((item): SessionEffect[] => {
      if (item.type === 'frame' && isPlausible(item.frame, this.#options)) {
        return this.#reporter.scanned({ bytes: item.frame }, nowMs);
      }
      const why = item.type === 'frame' ? 'noise' : item.why;
      return [{ type: 'discarded', bytes: createPaymentMask()(item.bytes), why }];
    });
  }

  #restTimer(): SessionEffect {
    if (this.#framer.bufferedBytes === 0) return { type: 'stopTimer', name: 'rest' };
    return { type: 'timer', name: 'rest', afterMs: this.#options.interCharacterMs };
  }

  #begin({ jobId, params }: Job): SessionEffect[] {
    const command = params as ScannerCommand;
    if (command === 'status') return [done(jobId, this.#reporter.status())];
    const isEnabled = command === 'enable';
    // From now on, whatever the device does: a till that disables is not told another code.
    this.#reporter.isEnabled = isEnabled;
    const bytes = enablingBytes(this.#options.device, isEnabled);
    if (bytes === undefined) return [done(jobId, { enabled: isEnabled, confirmedBy: 'gateway' })];
    this.#marks += 1;
    this.#leaving.set(this.#marks, { jobId, isEnabled });
    return [{ type: 'write', bytes, mark: this.#marks }];
  }

  #left(mark: number): SessionEffect[] {
    const job = this.#leaving.get(mark);
    this.#leaving.delete(mark);
    // The line has no answer for it; that the bytes left is all there is to know.
    return job === undefined
      ? []
      : [done(job.jobId, { enabled: job.isEnabled, confirmedBy: 'line' })];
  }

  #refuse(concerns: (job: { jobId: string }) => boolean): SessionEffect[] {
    const refused = [...this.#leaving].filter(([, job]) => concerns(job));
    return refused.map(([mark, { jobId }]) => {
      this.#leaving.delete(mark);
      const outcome = refusedJob('PERIPHERAL_NOT_READY', 'The scanner did not take it in time.');
      return { type: 'settle', jobId, outcome };
    });
  }
}

function done(
  jobId: string,
  result: Extract<
    Extract<SessionEffect, { type: 'settle' }>['outcome'],
    { state: 'done' }
  >['result'],
): SessionEffect {
  return { type: 'settle', jobId, outcome: { state: 'done', result } };
}
