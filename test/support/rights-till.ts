/** What a till sells where rights are spent: a sale for 10.00, of which points pay a penny each. */
import { sampleSale } from './sample-sale.ts';
import { saleId } from './till-under-test.ts';

export interface SpendingSale {
  /** Of member m-1. */
  points?: number;
  /** A coupon, and one code of it where each code counts once. */
  coupon?: { couponId: string; couponCode?: string };
  pointsEarned?: number;
}

const PRICE_MINOR = 1_000;
const DISCOUNT_MINOR = 100;

export function spendingSale(number: number, spends: SpendingSale = {}): string {
  const { points = 0, coupon, pointsEarned } = spends;
  const value = coupon === undefined ? PRICE_MINOR : PRICE_MINOR + DISCOUNT_MINOR;
  const line = {
    ...{ lineNumber: 1, itemId: 'a', quantity: { value: 1, scale: 0 } },
    ...{ unitPrice: { value, scale: 2 }, extendedAmount: PRICE_MINOR },
    ...(coupon !== undefined && { discounts: [{ amount: DISCOUNT_MINOR, ...coupon }] }),
  };
  const cash = { type: 'cash', amount: PRICE_MINOR - points };
  const paid = { type: 'points', amount: points, memberId: 'm-1', points };
  return sampleSale({
    ...{ transactionId: saleId(number), sequenceNumber: number },
    ...{ lines: [line], taxes: [], total: PRICE_MINOR },
    tenders: points > 0 ? [cash, paid] : [cash],
    ...(pointsEarned !== undefined && { loyalty: { memberId: 'm-1', pointsEarned } }),
  });
}
