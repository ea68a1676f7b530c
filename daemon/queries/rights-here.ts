/**
 * What this gateway may spend, for the answers to devices: the same decision as for a sale, made on
 * what is committed now. A sale a moment later may still meet less.
 */
import { couponPool, pointsPool, storedValuePool } from '../../protocol/rights/pool.ts';
import type { RightsView } from '../../protocol/rights/rights-view.ts';
import { spend, spendable } from '../../protocol/rights/spend-rights.ts';

export type BalanceHere = {
  /** What a sale here could spend now; 0 while `frozen`. */
  spendableHere: number;
  frozen: boolean;
};

export type CouponHere = {
  usable: boolean;
  /** With a cap: how many uses this gateway has. */
  left?: number;
  /** Of a single-use code: by a right that is here, or by the coupon's policy. */
  by?: 'grant' | 'policy';
  /** Why it is not usable: the code with which a sale would be refused. */
  reason?: string;
};

export function pointsHere(rights: RightsView | undefined, memberId: string): BalanceHere {
  return balance(rights, pointsPool(memberId));
}

/** Undefined for an account of which nothing was ever here. */
export function accountHere(
  rights: RightsView | undefined,
  accountId: string,
  currency: string,
): ({ accountId: string; currency: string } & BalanceHere) | undefined {
  const pool = storedValuePool(accountId, currency);
  if (rights === undefined) return undefined;
  const isKnown = rights.openGrants(pool).length > 0 || rights.grantsOf(pool).length > 0;
  if (!isKnown) return undefined;
  return { accountId, currency, ...balance(rights, pool) };
}

export function couponHere(
  rights: RightsView | undefined,
  couponId: string,
  code: string | undefined,
): CouponHere {
  if (rights === undefined) return { usable: false, reason: 'QUERY_UNAVAILABLE' };
  const isCapped = rights.terms(couponId)?.cap !== undefined;
  const pool = couponPool(couponId, code);
  const verdict = spend({ debits: [{ pool, amount: 1, path: '' }], credits: [] }, rights);
  const left = isCapped ? { left: spendable(couponPool(couponId), rights) } : {};
  if (verdict.verdict === 'refused') {
    const reason = verdict.problems[0]?.code ?? 'RIGHTS_LACKING';
    return { usable: false, ...left, reason };
  }
  const by = verdict.rights?.debits[0]?.by;
  return { usable: true, ...left, ...(by !== undefined && !isCapped && { by }) };
}

function balance(rights: RightsView | undefined, pool: string): BalanceHere {
  const frozen = rights !== undefined && rights.state().frozen !== null;
  const spendableHere = rights === undefined || frozen ? 0 : spendable(pool, rights);
  return { spendableHere, frozen };
}
