/** Builds what a job that was not done answers; the hint comes from the catalogue of codes. */
import { TillgateError } from '../protocol/errors.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { JobOutcome, JobProblem } from './job.ts';

export type JobProblemDetails = Partial<Pick<JobProblem, 'hint' | 'path' | 'reasons'>>;

export function jobProblem(
  code: ErrorCode,
  message: string,
  details: JobProblemDetails = {},
): JobProblem {
  return { code, message, hint: new TillgateError(code, message).hint, ...details };
}

export function refusedJob(
  code: ErrorCode,
  message: string,
  details: JobProblemDetails = {},
): JobOutcome {
  return { state: 'refused', error: jobProblem(code, message, details) };
}
