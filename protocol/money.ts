/**
 * Exact amounts. An amount is an integer of minor units; a sum or product of safe integers may
 * leave the range of a double, so `Exact` is a number while that is exact and a bigint beyond.
 * Because the form is unique, two exact amounts are equal exactly when `===` says so.
 */

/** A number if and only if the value is a safe integer, else a bigint. */
export type Exact = number | bigint;

/** Brings a bigint into the unique form. */
export function narrow(value: bigint): Exact {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function addExact(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return narrow(BigInt(a) + BigInt(b));
}

export function subtractExact(a: Exact, b: Exact): Exact {
  return addExact(a, typeof b === 'number' ? 0 - b : -b);
}

/** As JSON can carry it: a number, or beyond the safe integers a decimal string. */
export function exactToJson(value: Exact): number | string {
  return typeof value === 'number' ? value : value.toString();
}

/** Minor units as decimal text in major units: 74895702 with two digits is `748957.02`. */
export function formatMoney(minor: Exact, minorDigits: number): string {
  const negative = minor < 0;
  const digits = (negative ? -BigInt(minor) : BigInt(minor))
    .toString()
    .padStart(minorDigits + 1, '0');
  const major = digits.slice(0, digits.length - minorDigits);
  const fraction = minorDigits === 0 ? '' : `.${digits.slice(-minorDigits)}`;
  return `${negative ? '-' : ''}${major}${fraction}`;
}
