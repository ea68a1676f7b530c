/**
 * Amounts of stock: whole millionths of an item's unit, so that every quantity of a line is exact and
 * adding is plain integer arithmetic. What leaves the safe integers is said to, never rounded.
 */
import { addExact, narrow } from '../money.ts';
import type { Exact } from '../money.ts';
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
  let value = amount;
  let scale = STOCK_SCALE;
  while (scale > 0 && value % 10 === 0) {
    value /= 10;
    scale -= 1;
  }
  return { value: value === 0 ? 0 : value, scale };
}
