/**
 * How commands name a pool, and how people write its amounts: units of stock with up to three digits
 * behind the point, money in major units, uses and points as whole numbers.
 */
import { minorUnitDigits } from '../protocol/currency.ts';
import { TillgateError } from '../protocol/errors.ts';
import {
  STOCK_RIGHT_SCALE,
  couponPool,
  isPool,
  pointsPool,
  poolKind,
} from '../protocol/rights/pool.ts';
import { parseScaled } from '../protocol/scaled.ts';
import type { CommandInput } from './command-input.ts';
import type { CommandOption } from './command.ts';

export const POOL_OPTIONS: readonly CommandOption[] = [
  { flags: '--stock <store/item>', summary: 'units of an item that a store may promise' },
  { flags: '--coupon <id>', summary: 'uses of a coupon' },
  { flags: '--code <code>', summary: 'with --coupon: the one use of a single-use code' },
  { flags: '--points <member>', summary: "a member's points" },
  { flags: '--stored-value <account/cur>', summary: 'money on an account, in its currency' },
];

export const CHAIN_OPTION: CommandOption = {
  flags: '--chain <chain>',
  summary: 'the chain',
  defaultText: 'the only one there is',
};

/** Throws `USAGE` unless exactly one is named. */
export function poolOf(input: CommandInput): string {
  const coupon = input.option('coupon');
  const points = input.option('points');
  const stock = input.option('stock');
  const storedValue = input.option('storedValue');
  const named = [
    ...(stock === undefined ? [] : [`stock:${stock}`]),
    ...(coupon === undefined ? [] : [couponPool(coupon, input.option('code'))]),
    ...(points === undefined ? [] : [pointsPool(points)]),
    ...(storedValue === undefined ? [] : [`storedValue:${storedValue}`]),
  ];
  const [pool, ...others] = named;
  if (pool === undefined || others.length > 0) {
    const message = 'Name one pool: --stock, --coupon, --points or --stored-value.';
    throw new TillgateError('USAGE', message);
  }
  if (!isPool(pool))
    throw new TillgateError('USAGE', `${pool} is no pool: a name is not of its form.`);
  return pool;
}

/** What a person wrote, in the smallest unit of the pool. Throws `USAGE`. */
export function amountOf(pool: string, text: string): number {
  const parsed = parseScaled(text);
  const digits = digitsOf(pool);
  const amount = parsed === undefined ? NaN : parsed.value * 10 ** (digits - parsed.scale);
  if (Number.isSafeInteger(amount) && amount >= 0) return amount;
  const form =
    digits === 0 ? 'a whole number' : `a number with up to ${digits} digits behind the point`;
  throw new TillgateError('USAGE', `--amount is ${form}, zero or more, not "${text}".`);
}

export function shownAmount(pool: string, amount: number): string {
  const digits = digitsOf(pool);
  if (digits === 0) return String(amount);
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const fraction = text.slice(-digits);
  const whole = `${amount < 0 ? '-' : ''}${text.slice(0, -digits)}`;
  const isStock = poolKind(pool) === 'stock';
  const shown = isStock ? fraction.replace(/0+$/, '') : fraction;
  return shown === '' ? whole : `${whole}.${shown}`;
}

function digitsOf(pool: string): number {
  const kind = poolKind(pool);
  if (kind === 'stock') return STOCK_RIGHT_SCALE;
  return kind === 'storedValue' ? (minorUnitDigits(pool.slice(-3)) ?? 0) : 0;
}
