/**
 * What devices ask of a peripheral and what becomes of it. A job ends in one of three ways, and the
 * difference between them is what a cashier may do next:
 *
 *   done     it happened, and `confirmed` says whether the peripheral itself said so
 *   refused  it did not happen and will not: asking again under a new jobId is safe
 *   unknown  it may have happened: look at the peripheral before asking again
 */
import type { ErrorCode } from '../protocol/errors.ts';
import type { Json } from '../protocol/json/json-value.ts';

export interface Job {
  readonly jobId: string;
  readonly operation: string;
  /** Already accepted by the operation's `parse`. */
  readonly params: unknown;
}

export interface JobProblem {
  readonly code: ErrorCode;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  /** RFC 6901, into the request, where one member is to blame. */
  readonly path?: string;
  /** UnifiedPOS's words for what the peripheral itself said: `SCAL_SUE_WEIGHT_UNSTABLE`. */
  readonly reasons?: readonly string[];
}

export type JobOutcome =
  | { readonly state: 'done'; readonly result: Readonly<Record<string, Json>> }
  | { readonly state: 'refused'; readonly error: JobProblem }
  | { readonly state: 'unknown'; readonly error: JobProblem };
