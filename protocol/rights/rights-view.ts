/**
 * What a holder of rights remembers, as rows: the ledger keeps them (in SQLite or in memory), and
 * every decision about rights is a pure function over them. All of it can be built again from the
 * entries of the logs (fold-rights.ts), in whatever order earlier logs come back.
 */
import type { CouponTerms } from './right-entries.ts';

/** A grant, or what the holder earned itself (`OWN_GRANT`); `pool` and `grantId` name it. */
export type GrantRow = {
  pool: string;
  grantId: string;
  /** As it was given; 0 before its receipt is known, and what was ever earned for the own one. */
  amount: number;
  /** Below zero where copies of one log spent more than there was. */
  left: number;
  /** Milliseconds since 1970; null is without end. */
  expiresAtMs: number | null;
  /** Recalled: nothing of it is spent any more. */
  isClosed: boolean;
};

export type ReservationRow = {
  reservationId: string;
  pool: string;
  amount: number;
  state: 'held' | 'released' | 'collected';
  /** RFC 3339. */
  until: string | null;
  /** Whether what it holds is taken off; not yet where its end comes back before its beginning. */
  isDrawn: boolean;
};

/** How a single-use code was taken. */
export type CodeUse = 'grant' | 'policy';

/** A device asked for what is not here. */
export type RequestRow = { pool: string; amount: number; atMs: number };

export type RightsState = {
  /** Why nothing may be spent; null is the rule. */
  frozen: string | null;
  /** The latest time of headquarters in the log, in seconds since 1970: what expiry goes by. */
  anchorSeconds: number;
};

export interface RightsView {
  /** All grants of a pool that there ever were, the own one among them: not for every sale. */
  grantsOf(pool: string): readonly GrantRow[];
  /** Those of which something may be left; however many there were, a sale reads only these. */
  openGrants(pool: string): readonly GrantRow[];
  grant(pool: string, grantId: string): GrantRow | undefined;
  /** Null for a coupon that was taken away, undefined for one that was never known. */
  terms(couponId: string): CouponTerms | null | undefined;
  codeUse(couponId: string, code: string): CodeUse | undefined;
  /** Codes of the coupon that were taken without a right. */
  policyUses(couponId: string): number;
  reservation(reservationId: string): ReservationRow | undefined;
  request(pool: string): RequestRow | undefined;
  state(): RightsState;
}

/** Rows as they have to stand afterwards. */
export type RightsWrites = {
  grants: GrantRow[];
  terms: { couponId: string; terms: CouponTerms | null }[];
  uses: { couponId: string; code: string; by: CodeUse }[];
  reservations: ReservationRow[];
  /** `row` is null where the pool is not waited for any more. */
  requests: { pool: string; row: RequestRow | null }[];
  state: RightsState | undefined;
};

/** Whether something of a grant may be spent, by headquarters' time in the log. */
export function isOpen(
  { isClosed, expiresAtMs, left }: GrantRow,
  { anchorSeconds }: RightsState,
): boolean {
  return !isClosed && left > 0 && (expiresAtMs === null || anchorSeconds * 1_000 < expiresAtMs);
}

/** A holder that never heard of any right. */
export const NO_RIGHTS: RightsView = {
  grantsOf: () => [],
  openGrants: () => [],
  grant: () => undefined,
  terms: () => undefined,
  codeUse: () => undefined,
  policyUses: () => 0,
  reservation: () => undefined,
  request: () => undefined,
  state: () => ({ frozen: null, anchorSeconds: 0 }),
};
