/**
 * What all scanners do with a code once it is whole: nothing while disabled, nothing when it is the
 * same code again too soon, and else the event `scan`.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import type { SessionEffect } from '../session-machine.ts';
import { readBarcode } from './barcode/read-barcode.ts';
import type { RawCode } from './barcode/read-barcode.ts';
import type { ScannerOptions } from './scanner-options.ts';

export class ScanReporter {
  readonly #options: ScannerOptions;
  readonly #counts = { scans: 0, doubleReads: 0, whileDisabled: 0 };
  #last = '';
  #lastMs = -Infinity;
  isEnabled: boolean;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.isEnabled = !options.startsDisabled;
  }

  scanned(code: RawCode, nowMs: number): SessionEffect[] {
    if (!this.isEnabled) {
      this.#counts.whileDisabled += 1;
      return [];
    }
    const key = `${code.aim ?? ''} ${Buffer.from(code.bytes).toString('latin1')}`;
    const isAgain = key === this.#last && nowMs - this.#lastMs < this.#options.doubleReadMs;
    this.#last = key;
    // A code that is held before the window is read again and again: each reading counts anew.
    this.#lastMs = nowMs;
    if (isAgain) {
      this.#counts.doubleReads += 1;
      return [];
    }
    this.#counts.scans += 1;
    const { source } = this.#options;
    const event = { type: 'scan', ...readBarcode(code, this.#options), source };
    return [{ type: 'event', event }];
  }

  status(): Record<string, Json> {
    return { enabled: this.isEnabled, ...this.#counts };
  }
}
