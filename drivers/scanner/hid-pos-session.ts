/**
 * A HID bar code scanner through hidraw. Reports come by themselves; there is nothing to answer. A
 * code of more than one report is put together, and a half one is let go after a while.
 */
import type { Framed } from '../framer.ts';
import type { Job } from '../job.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { SessionEffect, SessionInput, SessionMachine } from '../session-machine.ts';
import { CODE_BYTES_MAX } from './delimited-framer.ts';
import { HidPosFramer } from './hid-pos-framer.ts';
import type { HidPosReport } from './hid-pos-framer.ts';
import { createPaymentMask } from './payment-mask.ts';
import { ScanReporter } from './scan-reporter.ts';
import type { ScannerCommand } from './scanner-operations.ts';
import type { ScannerOptions } from './scanner-options.ts';

export interface HidPosScannerOptions extends ScannerOptions {
  readonly reportId: number;
  /** Hexadecimal; sent as an output report when the device is opened. */
  readonly startReport: string;
}

/** Reports of one code follow each other within milliseconds. */
const REST_MS = 500;

export class HidPosScannerSession implements SessionMachine {
  readonly #framer: HidPosFramer;
  readonly #reporter: ScanReporter;
  readonly #startReport: Uint8Array;
  #aim: string | undefined;
  #parts: Uint8Array[] = [];
  #length = 0;
  #isSkipping = false;

  constructor(options: HidPosScannerOptions) {
    this.#framer = new HidPosFramer(options.reportId);
    this.#reporter = new ScanReporter(options);
    this.#startReport = Uint8Array.from(Buffer.from(options.startReport, 'hex'));
  }

  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    switch (input.type) {
      case 'opened':
        return this.#open();
      case 'data':
        return [...this.#take(this.#framer.push(input.bytes), nowMs), this.#restTimer()];
      case 'timer':
        return [...this.#take(this.#framer.flush(), nowMs), ...this.#giveUp()];
      case 'job':
        return [this.#perform(input.job)];
      default:
        return [];
    }
  }

  #open(): SessionEffect[] {
    const ready: SessionEffect = { type: 'condition', condition: { state: 'ready', reasons: [] } };
    if (this.#startReport.length === 0) return [ready];
    return [ready, { type: 'write', bytes: this.#startReport }];
  }

  #take(framed: readonly Framed<HidPosReport>[], nowMs: number): SessionEffect[] {
    return framed.flatMap((item): SessionEffect[] =>
      item.type === 'frame'
        ? this.#report(item.frame, nowMs)
        : [{ ...item, bytes: createPaymentMask()(item.bytes) }],
    );
  }

  #report({ aim, data, isContinued }: HidPosReport, nowMs: number): SessionEffect[] {
    if (this.#isSkipping) {
      this.#isSkipping = isContinued;
      return [];
    }
    this.#aim ??= aim;
    this.#length += data.length;
    this.#parts.push(data);
    // A device that never ends a code does not fill the memory; its tail is no code of its own.
    if (this.#length > CODE_BYTES_MAX) {
      this.#isSkipping = isContinued;
      return this.#giveUp();
    }
    if (isContinued) return [];
    const bytes = Uint8Array.from(Buffer.concat(this.#parts));
    const code = { bytes, ...(this.#aim !== undefined && { aim: this.#aim }) };
    this.#reset();
    return bytes.length === 0 ? [] : this.#reporter.scanned(code, nowMs);
  }

  #giveUp(): SessionEffect[] {
    if (this.#parts.length === 0) return [];
    const why = this.#length > CODE_BYTES_MAX ? 'oversized' : 'incomplete';
    const bytes = createPaymentMask()(Uint8Array.from(Buffer.concat(this.#parts)));
    this.#reset();
    return [{ type: 'discarded', bytes, why }];
  }

  #reset(): void {
    this.#aim = undefined;
    this.#parts = [];
    this.#length = 0;
  }

  #restTimer(): SessionEffect {
    const isOpen = this.#framer.bufferedBytes > 0 || this.#parts.length > 0;
    if (!isOpen) return { type: 'stopTimer', name: 'rest' };
    return { type: 'timer', name: 'rest', afterMs: REST_MS };
  }

  #perform({ jobId, params }: Job): SessionEffect {
    const command = params as ScannerCommand;
    let result: Record<string, Json>;
    if (command === 'status') {
      result = this.#reporter.status();
    } else {
      this.#reporter.isEnabled = command === 'enable';
      result = { enabled: this.#reporter.isEnabled, confirmedBy: 'gateway' };
    }
    return { type: 'settle', jobId, outcome: { state: 'done', result } };
  }
}
