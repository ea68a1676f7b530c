/**
 * What each symbology of bar codes can hold, and its check digit. A content that is wrong is refused
 * here, before anything is printed: printers answer bad data with an empty strip and no error.
 */
import { assert } from '../must.ts';
import type { BarcodeSymbology } from './graphic-block-schemas.ts';

/** Printers keep the content in a field of one byte, and nobody scans longer ones. */
const CODE39_CHARACTERS_MAX = 40;
const CODE128_CHARACTERS_MAX = 80;
const ITF_DIGITS_MAX = 60;

export type BarcodeVerdict = { ok: true; data: string } | { ok: false; reason: string };

/** The content as it is printed, with its check digit; or in a sentence why it cannot be. */
export function checkBarcode(symbology: BarcodeSymbology, data: string): BarcodeVerdict {
  switch (symbology) {
    case 'ean13':
      return checkGtin(data, { name: 'EAN-13', digits: 13 });
    case 'ean8':
      return checkGtin(data, { name: 'EAN-8', digits: 8 });
    case 'upca':
      return checkGtin(data, { name: 'UPC-A', digits: 12 });
    case 'itf':
      if (!/^(\d\d)+$/.test(data) || data.length > ITF_DIGITS_MAX) {
        return refuse(`ITF takes an even number of digits, 2 to ${ITF_DIGITS_MAX}`);
      }
      return { ok: true, data };
    case 'code39':
      if (!/^[0-9A-Z $%+./-]+$/.test(data) || data.length > CODE39_CHARACTERS_MAX) {
        const what = 'digits, capital letters, space and $%+-./';
        return refuse(`Code 39 takes 1 to ${CODE39_CHARACTERS_MAX} characters: ${what}`);
      }
      return { ok: true, data };
    case 'code128':
      if (!/^[ -~]+$/.test(data) || data.length > CODE128_CHARACTERS_MAX) {
        return refuse(`Code 128 takes 1 to ${CODE128_CHARACTERS_MAX} ASCII characters`);
      }
      return { ok: true, data };
  }
}

/** The last digit of a GTIN over the digits before it (GS1 General Specifications 7.9.1). */
export function gtinCheckDigit(digits: string): string {
  assert(/^\d+$/.test(digits), 'a check digit is computed over digits');
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    // Counted from the right, every other digit weighs three.
    const weight = (digits.length - at) % 2 === 1 ? 3 : 1;
    sum += Number(digits[at]) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

function checkGtin(data: string, form: { name: string; digits: number }): BarcodeVerdict {
  const { name, digits } = form;
  const isShort = data.length === digits - 1;
  if (!/^\d+$/.test(data) || (!isShort && data.length !== digits)) {
    return refuse(`${name} takes ${digits - 1} digits and a check digit`);
  }
  const body = data.slice(0, digits - 1);
  const check = gtinCheckDigit(body);
  if (!isShort && data.at(-1) !== check) {
    return refuse(`The check digit of this ${name} is ${check}`);
  }
  return { ok: true, data: `${body}${check}` };
}

function refuse(reason: string): BarcodeVerdict {
  return { ok: false, reason };
}
