/** Check digits of EAN, UPC and all other GS1 keys, and the long form of UPC-E. */
import type { Symbology } from './symbology.ts';

/** Of all digits but the last; weights 3 and 1 from the right (GS1 General Specifications 7.9.1). */
export function checkDigitOf(digits: string): number {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const fromRight = digits.length - at;
    sum += Number(digits.charAt(at)) * (fromRight % 2 === 1 ? 3 : 1);
  }
  return (10 - (sum % 10)) % 10;
}

export function hasCheckDigit(digits: string): boolean {
  return /^\d{2,}$/.test(digits) && checkDigitOf(digits.slice(0, -1)) === Number(digits.slice(-1));
}

/**
 * The UPC-A that a UPC-E stands for: from 6 digits (the inner ones), 7 (number system before them) or
 * 8 (check digit after them, which is kept as it is). Undefined for anything else.
 */
export function expandUpcE(digits: string): string | undefined {
  if (!/^(?:\d{6}|[01]\d{6,7})$/.test(digits)) return undefined;
  const system = digits.length === 6 ? '0' : digits.charAt(0);
  const inner = digits.length === 6 ? digits : digits.slice(1, 7);
  const last = inner.charAt(5);
  const [a, b, c] = [inner.slice(0, 2), inner.slice(2, 5), inner.slice(0, 5)];
  let body: string;
  if ('012'.includes(last)) body = `${a}${last}0000${b}`;
  else if (last === '3') body = `${inner.slice(0, 3)}00000${inner.slice(3, 5)}`;
  else if (last === '4') body = `${inner.slice(0, 4)}00000${inner.charAt(4)}`;
  else body = `${c}0000${last}`;
  const upcA = `${system}${body}`;
  return `${upcA}${digits.length === 8 ? digits.charAt(7) : checkDigitOf(upcA)}`;
}

export interface GtinReading {
  readonly symbology: Symbology;
  readonly checkDigit: 'ok' | 'wrong';
  /** Fourteen digits, the form to look an item up with; only where the check digit is right. */
  readonly gtin?: string;
}

/** Undefined where these digits are no EAN or UPC. Without a known symbology their number decides. */
export function readGtin(symbology: Symbology, data: string): GtinReading | undefined {
  if (!/^\d{6,18}$/.test(data)) return undefined;
  if (symbology === 'UNKNOWN') return guess(data);
  // A case of goods; ITF carries other numbers too, so a wrong digit there means nothing.
  if (symbology === 'ITF') return data.length === 14 ? rightOnly(reading('ITF', data)) : undefined;
  if (!/^(EAN|UPC)/.test(symbology) || symbology === 'EAN128') return undefined;
  const known = named(symbology, data);
  const main = data.slice(0, LENGTHS[known] ?? data.length);
  const whole = known.startsWith('UPCE') ? expandUpcE(main) : main;
  if (whole === undefined || (LENGTHS[known] ?? 0) > main.length) {
    return { symbology: known, checkDigit: 'wrong' };
  }
  return reading(known, whole);
}

/** Digits without an add-on of two or five; UPC-E comes in three lengths. */
const LENGTHS: Partial<Record<Symbology, number>> = {
  ...{ EAN13: 13, EAN13_S: 13, UPCA: 12, UPCA_S: 12, EAN8: 8, EAN8_S: 8, UPCE_S: 8 },
};

/** `]E0` stands for EAN-13, UPC-A and UPC-E alike; their lengths tell them apart. */
function named(symbology: Symbology, data: string): Symbology {
  if (symbology !== 'EAN13') return symbology;
  if (data.length === 12) return 'UPCA';
  return data.length <= 8 ? 'UPCE' : 'EAN13';
}

function rightOnly(result: GtinReading): GtinReading | undefined {
  return result.checkDigit === 'ok' ? result : undefined;
}

function guess(data: string): GtinReading | undefined {
  if (data.length === 13) return guessed('EAN13', data);
  if (data.length === 12) return guessed('UPCA', data);
  if (data.length !== 8) return undefined;
  const upcA = expandUpcE(data);
  const isUpcE = upcA !== undefined && hasCheckDigit(upcA);
  const isEan8 = hasCheckDigit(data);
  // One in ten UPC-E is an EAN-8 with a right check digit too; then nobody can tell.
  if (isUpcE && isEan8) return { symbology: 'UNKNOWN', checkDigit: 'ok' };
  return isUpcE ? reading('UPCE', upcA) : guessed('EAN8', data);
}

function guessed(symbology: Symbology, data: string): GtinReading {
  const result = reading(symbology, data);
  return result.checkDigit === 'ok' ? result : { symbology: 'UNKNOWN', checkDigit: 'wrong' };
}

function reading(symbology: Symbology, digits: string): GtinReading {
  if (!hasCheckDigit(digits)) return { symbology, checkDigit: 'wrong' };
  return { symbology, checkDigit: 'ok', gtin: digits.padStart(14, '0') };
}
