/**
 * The answer to a submission, published on `transactions/{deviceId}/result` (SPEC.md section 1.9).
 * Members stand in a fixed order so that the same answer has the same bytes, also when it is built
 * again from the entry years later.
 */
import type { TransactionRights } from './rights/right-entries.ts';
import type { Problem } from './transaction/problem.ts';

type Common = {
  /** Null when the submission's id could not be read. */
  transactionId: string | null;
  /** Standard base64 of SHA-256 over the payload as received. */
  submissionHash: string;
};

export type AcceptedResult = Common & {
  outcome: 'accepted';
  origin: string;
  index: number;
  /** Standard base64 of the RFC 6962 leaf hash. */
  leafHash: string;
  /** RFC 3339, UTC. */
  recordedAt: string;
  /** What was spent and credited; absent where the transaction named nothing that is counted. */
  rights?: TransactionRights;
};

export type RejectedResult = Common & {
  outcome: 'rejected';
  origin?: string;
  /** The entry that keeps the refusal; above the quota, the day's summary entry. */
  index: number;
  recordedAt?: string;
  errors: Problem[];
  /** How many more problems were found than `errors` lists; absent means none. */
  errorsOmitted?: number;
};

export type ConflictResult = Common & {
  outcome: 'conflict';
  origin?: string;
  index: number;
  recordedAt?: string;
  /** The entry whose content holds the id. */
  claimedBy: { origin: string; index: number; leafHash: string };
  errors: Problem[];
};

export type UnavailableResult = Common & {
  outcome: 'unavailable';
  errors: Problem[];
  retryAfterMs: number;
};

export type Result = AcceptedResult | RejectedResult | ConflictResult | UnavailableResult;

/** The JSON text of an answer, ready to publish. */
export function formatResult(result: Result): string {
  return JSON.stringify(result);
}
