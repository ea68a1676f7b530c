/** What a device is told of its job, and what a problem with one looks like. */
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { JobOutcome, JobProblem } from '../../drivers/job.ts';

export interface ResponseFacts {
  /** Null where none could be read. */
  readonly jobId: string | null;
  readonly peripheralId: string;
  readonly operation: string | null;
}

/** JSON text, in an order that people can read. */
export function formatResponse(facts: ResponseFacts, outcome: JobOutcome, wallMs: number): string {
  const { jobId, peripheralId, operation } = facts;
  const { state } = outcome;
  const at = new Date(wallMs).toISOString();
  const what = outcome.state === 'done' ? { result: outcome.result } : { error: outcome.error };
  return JSON.stringify({ jobId, peripheralId, operation, state, ...what, at });
}

export function refused(code: ErrorCode, message: string, path?: string): RefusedOutcome {
  return { state: 'refused', error: problem(code, message, path) };
}

export type RefusedOutcome = Extract<JobOutcome, { state: 'refused' }>;

export function problem(code: ErrorCode, message: string, path?: string): JobProblem {
  const hint = ERROR_CODES[code].fix;
  return { code, message, hint, ...(path !== undefined && { path }) };
}

/** What the ledger, or whatever else stands behind a job, says of why it cannot be. */
export function refusalOf(error: unknown): RefusedOutcome {
  if (isTillgateError(error)) {
    const { code, message, hint } = error;
    return { state: 'refused', error: { code, message, hint } };
  }
  const what = error instanceof Error ? error.message : String(error);
  return refused('INTERNAL', `The job could not be taken: ${what}`);
}
