/**
 * Amounts of stock: whole millionths of an item's unit, so that every quantity of a line is exact and
 * adding is plain integer arithmetic. What leaves the safe integers is said to, never rounded.
 */
import { addExact, narrow } from '../money.ts';
import type { Exact } from '../money.ts';
import { STOCK_RIGHT_SCALE } from '../rights/pool.ts';
import { SCALE_MAX } from '../scaled.ts';
import type { Scaled } from '../scaled.ts';

/** Digits behind the point of every amount of stock: as many as a quantity may have. */
export const STOCK_SCALE = SCALE_MAX;

export function stockAmount({ value, scale }: Scaled): Exact {
  const factor = 10 ** (STOCK_SCALE - scale);
  const product = value * factor;
  if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  return narrow(BigInt(value) * BigInt(factor));
}

/** The sum, or undefined where it is no safe integer. */
export function addStock(a: Exact, b: Exact): number | undefined {
  const sum = addExact(a, b);
  return typeof sum === 'number' ? sum : undefined;
}

/** With no more digits than needed: 12,000,000 is `{value: 12, scale: 0}`. */
export function scaledStock(amount: number): Scaled {
  return shortest({ value: amount, scale: STOCK_SCALE });
}

/** The same for an amount of a pool of stock, which is counted in thousandths. */
export function scaledRight(amount: number): Scaled {
  return shortest({ value: amount, scale: STOCK_RIGHT_SCALE });
}

/** In thousandths; undefined where it is finer than that, or larger than can be counted. */
export function rightOf({ value, scale }: Scaled): number | undefined {
  const short = shortest({ value, scale });
  const amount = short.value * 10 ** (STOCK_RIGHT_SCALE - short.scale);
  return Number.isSafeInteger(amount) ? amount : undefined;
}

function shortest({ value, scale }: Scaled): Scaled {
  let digits = value;
  let behind = scale;
  while (behind > 0 && digits % 10 === 0) {
    digits /= 10;
    behind -= 1;
  }
  return { value: digits === 0 ? 0 : digits, scale: behind };
}
