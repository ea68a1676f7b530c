/**
 * Hides payment codes in bytes on their way to a log or a recording: of a run of digits that is one,
 * the first two and the last four stay. A code may be cut in two by the line; while a run is open and
 * may still become a payment code, its digits are hidden in doubt. So a mask may hide part of a
 * harmless number at the end of a chunk, and never shows a payment code.
 */
import type { Mask } from '../driver.ts';
import {
  SHOWN_FIRST,
  SHOWN_LAST,
  mayBePayment,
  paymentClassOfDigits,
} from './barcode/payment-code.ts';

const HIDDEN = 0x2a;
/** No payment code is longer; of a longer run only this much is remembered. */
const RUN_MAX = 25;
/** Fewer digits before a damaged byte leave too many behind it unknown to matter. */
const DAMAGED_DIGITS_MIN = 4;

export function createPaymentMask(): Mask {
  const run = new DigitRun();
  return (bytes) => run.mask(bytes);
}

class DigitRun {
  /** The digits of the open run so far. */
  #digits = '';
  /** The two bytes before the run: `]Q` means that its first digit belongs to the AIM identifier. */
  #before = '';
  /** A byte that a line may have damaged stood in what may be a payment code. */
  #isDamaged = false;

  mask(bytes: Uint8Array): Uint8Array {
    const masked = Uint8Array.from(bytes);
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte >= 0x30 && byte <= 0x39) {
        if (this.#isDamaged) masked[at] = HIDDEN;
        else this.#take(byte);
        continue;
      }
      // Control characters and blanks stand around codes; anything else may have been a digit.
      const isClean = byte <= 0x20;
      if (isClean) this.#isDamaged = false;
      if (this.#digits !== '') this.#close(masked, { start, end: at, isClean });
      this.#before = (this.#before + String.fromCharCode(byte)).slice(-2);
      start = at + 1;
    }
    if (this.#digits !== '') this.#hideInDoubt(masked, { start, end: masked.length });
    return masked;
  }

  /** Right after `]Q`, the first digit is the modifier and the code begins behind it. */
  #take(byte: number): void {
    if (this.#digits === '' && /^\][A-Za-z]$/.test(this.#before)) {
      this.#before = '';
      return;
    }
    if (this.#digits.length < RUN_MAX) this.#digits += String.fromCharCode(byte);
  }

  #close(
    masked: Uint8Array,
    { start, end, isClean }: { start: number; end: number; isClean: boolean },
  ): void {
    const isLong = this.#digits.length >= DAMAGED_DIGITS_MIN;
    if (paymentClassOfDigits(this.#digits) !== undefined) {
      const first = Math.max(start, end - this.#digits.length + SHOWN_FIRST);
      masked.fill(HIDDEN, first, Math.max(first, end - SHOWN_LAST));
    } else if (!isClean && isLong && mayBePayment(this.#digits)) {
      this.#hideInDoubt(masked, { start, end });
      this.#isDamaged = true;
    }
    this.#digits = '';
    this.#before = '';
  }

  #hideInDoubt(masked: Uint8Array, { start, end }: { start: number; end: number }): void {
    if (this.#digits.length === RUN_MAX || !mayBePayment(this.#digits)) return;
    const first = end - this.#digits.length + SHOWN_FIRST;
    masked.fill(HIDDEN, Math.max(start, first), end);
  }
}
