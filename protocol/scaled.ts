/**
 * Scaled integers: `value` × 10^−`scale`, the form of quantities, unit prices and rates. The one
 * operation that rounds is here: a product brought to the minor unit of a currency, exact and then
 * rounded half away from zero (SPEC.md section 1.4).
 */
import { narrow } from './money.ts';
import type { Exact } from './money.ts';

export type Scaled = { value: number; scale: number };

/** Grams in a tonne, or prices to a ten-thousandth of a cent: more digits are no retail price. */
export const SCALE_MAX = 6;

/**
 * `quantity` × `unitPrice` in minor units of a currency with `minorDigits` digits, rounded half
 * away from zero. Both values are safe integers and both scales are 0 to 6.
 */
export function roundedProduct(quantity: Scaled, unitPrice: Scaled, minorDigits: number): Exact {
  const shift = quantity.scale + unitPrice.scale - minorDigits;
  const product = quantity.value * unitPrice.value;
  // A product of integers that rounds to a safe integer was exact: what lies beyond 2^53 stays so.
  if (!Number.isSafeInteger(product)) return roundedProductBig(quantity, unitPrice, shift);
  if (shift <= 0) {
    const scaled = product * 10 ** -shift;
    if (!Number.isSafeInteger(scaled)) return roundedProductBig(quantity, unitPrice, shift);
    return scaled === 0 ? 0 : scaled;
  }
  const divisor = 10 ** shift;
  // The remainder of doubles is exact, and so is the division of what is left by its divisor.
  const remainder = product % divisor;
  const towardsZero = (product - remainder) / divisor;
  const up = 2 * Math.abs(remainder) >= divisor ? Math.sign(product) : 0;
  return towardsZero + up === 0 ? 0 : towardsZero + up;
}

function roundedProductBig(quantity: Scaled, unitPrice: Scaled, shift: number): Exact {
  const product = BigInt(quantity.value) * BigInt(unitPrice.value);
  if (shift <= 0) return narrow(product * 10n ** BigInt(-shift));
  const divisor = 10n ** BigInt(shift);
  const half = product < 0n ? -divisor / 2n : divisor / 2n;
  // Adding half a unit away from zero and truncating towards zero rounds half away from zero.
  return narrow((product + half) / divisor);
}

/** Whether both are the same number, in whatever scale. */
export function isSameScaled(one: Scaled, other: Scaled): boolean {
  const scale = Math.max(one.scale, other.scale);
  const at = ({ value, scale: own }: Scaled): bigint => BigInt(value) * 10n ** BigInt(scale - own);
  return at(one) === at(other);
}

/** As decimal text such as `2.095`. */
export function scaledText({ value, scale }: Scaled): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = value < 0 ? '-' : '';
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

/** Reads decimal text such as `2.095` or `-12` without passing through a float. */
export function parseScaled(text: string): Scaled | undefined {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const value = Number(`${sign}${whole}${fraction}`);
  if (fraction.length > SCALE_MAX || !Number.isSafeInteger(value)) return undefined;
  return { value: value === 0 ? 0 : value, scale: fraction.length };
}
