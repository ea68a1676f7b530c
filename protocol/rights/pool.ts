/**
 * A pool is something of which there is only so much and that several places spend without asking
 * each other: units of stock that may be promised, uses of a coupon, a member's points, the money on
 * a stored-value account. It is named by one text, and counted in whole numbers of its smallest unit:
 *
 *     stock:STORE/ITEM        thousandths of the item's unit that may be promised
 *     coupon:COUPON           uses of a campaign with a cap
 *     coupon:COUPON/CODE      the one use of a single-use code
 *     points:MEMBER           points
 *     storedValue:ACCOUNT/CUR minor units of the currency
 */
export const POOL_ID_SOURCE = '[!-.0-~]{1,64}';

export const POOL_SOURCE = `^(stock:[a-z0-9][a-z0-9-]{0,31}/${POOL_ID_SOURCE}|coupon:${POOL_ID_SOURCE}(/${POOL_ID_SOURCE})?|points:${POOL_ID_SOURCE}|storedValue:${POOL_ID_SOURCE}/[A-Z]{3})$`;

/** Digits behind the point of an amount of stock. */
export const STOCK_RIGHT_SCALE = 3;

export type PoolKind = 'stock' | 'coupon' | 'points' | 'storedValue';

const FORM = new RegExp(POOL_SOURCE);

export function isPool(text: string): boolean {
  return FORM.test(text);
}

export function poolKind(pool: string): PoolKind {
  return pool.slice(0, pool.indexOf(':')) as PoolKind;
}

/** The coupon, and the code of it where that counts by itself; undefined for another kind of pool. */
export function couponOfPool(pool: string): { couponId: string; code?: string } | undefined {
  if (poolKind(pool) !== 'coupon') return undefined;
  const [couponId = '', code] = pool.slice('coupon:'.length).split('/');
  return code === undefined ? { couponId } : { couponId, code };
}

/** The item of a pool of stock; undefined for another kind of pool. */
export function stockItemOf(pool: string): string | undefined {
  if (!isPool(pool) || poolKind(pool) !== 'stock') return undefined;
  return pool.slice(pool.indexOf('/') + 1);
}

export const stockPool = (store: string, itemId: string): string => `stock:${store}/${itemId}`;
export const couponPool = (couponId: string, code?: string): string =>
  code === undefined ? `coupon:${couponId}` : `coupon:${couponId}/${code}`;
export const pointsPool = (memberId: string): string => `points:${memberId}`;
export const storedValuePool = (accountId: string, currency: string): string =>
  `storedValue:${accountId}/${currency}`;
