/**
 * What the logs of gateways say about rights; headquarters reads exactly this. Entries of kind
 * `grant` have an `event`; a `transaction` that spends or earns has the member `rights`.
 *
 * Spends are counted once by `transactionId` or `reservationId`, also where a copied or rolled-back
 * log says them twice in different epochs.
 */
import type { Grant } from '../feed/right-documents.ts';

/** What the holder earned itself: its own grant, one for each pool, that grows. */
export const OWN_GRANT = 'own';
/**
 * A grant document that is recalled from its beginning, and whose id begins like this, hands nothing
 * out: it asks for what the holder earned itself of the pool. The recall of a grant asks for that too.
 */
export const OWN_RECALL_PREFIX = `${OWN_GRANT}:`;
/** The holder in the chain's feed that headquarters itself spends from. */
export const ONLINE_HOLDER = 'online';

/** A part of an amount, and the grant that it is taken from or given to. */
export type Drawn = { grantId: string; amount: number };

export type RightDebit = {
  pool: string;
  amount: number;
  /** Empty where `by` is `policy`: a single-use code taken without a right. */
  from: Drawn[];
  by: 'grant' | 'policy';
  /** What this gateway may still spend of the pool. */
  left: number;
};

/** Goes to the holder's own grant. */
export type RightCredit = { pool: string; amount: number };

/** Member `rights` of an accepted transaction's entry and of its result. */
export type TransactionRights = { debits: RightDebit[]; credits: RightCredit[] };

/** Members of an entry of kind `grant`. */
export type RightEvent =
  /** A grant is in the ledger; once for each grantId. */
  | { event: 'received'; grant: Grant }
  /** Recalled: `amount` of it is headquarters' again, and the grant is closed (an own one goes on). */
  /** `recall` is the document that an own grant answers, once, wherever it is said again. */
  | { event: 'returned'; grantId: string; pool: string; amount: number; recall?: string }
  /** A device wants to spend what is not here; headquarters may send a grant. */
  | { event: 'requested'; pool: string; amount: number }
  /** What the coupon's document said when it came in force, for decisions in the ledger. */
  | { event: 'terms'; couponId: string; terms: CouponTerms | null }
  | {
      event: 'held';
      reservationId: string;
      pool: string;
      amount: number;
      from: Drawn[];
      until?: string;
    }
  /** The units go back to the holder's own grant. */
  | {
      event: 'released';
      reservationId: string;
      pool: string;
      amount: number;
      reason: 'cancelled' | 'expired';
    }
  | { event: 'collected'; reservationId: string; pool: string; amount: number }
  /** What headquarters decided against something this gateway did. */
  | { event: 'compensation'; conflictId: string; rule: string; pool: string; amount: number }
  /** Nothing can be spent: the log was rolled back or copied, until what it lacks is here. */
  | { event: 'frozen' | 'thawed'; reason: string };

/** Of a coupon that is counted; a coupon with neither is not. */
export type CouponTerms = {
  cap?: number;
  singleUse?: true;
  withoutGrant: number;
  /** RFC 3339, exclusive. */
  to?: string;
};

/** What a submission wants of rights, as the judge reads it. */
export type RightsAsked = {
  debits: { pool: string; amount: number; path: string }[];
  credits: RightCredit[];
};
