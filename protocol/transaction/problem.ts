/**
 * One thing that is wrong with a submission, as the device gets to see it: which rule (a stable
 * code), where (a JSON Pointer, RFC 6901, `""` for the whole), what was expected and what was got.
 * Values that a JSON number cannot carry exactly are given as decimal strings.
 */
import { ERROR_CODES } from '../error-codes.ts';
import type { ErrorCode } from '../errors.ts';
import type { Json } from '../json/json-value.ts';

/** So that an answer stays small whatever a submission holds. */
export const PROBLEMS_MAX = 100;

export type Problem = {
  code: ErrorCode;
  /** JSON Pointer into the transaction; `""` when the problem is the submission as a whole. */
  path: string;
  expected?: Json;
  got?: Json;
  /** One sentence: what is wrong. */
  message: string;
  /** One sentence: what to do about it. */
  hint: string;
};

/** Builds a problem; without a hint of its own it gets the catalogue's. */
export function problem(
  code: ErrorCode,
  path: string,
  details: { expected?: Json; got?: Json; message: string; hint?: string },
): Problem {
  const { message, hint = ERROR_CODES[code].fix, ...values } = details;
  return { code, path, ...values, message, hint };
}

/** Collects problems up to what an answer lists, and counts the rest. */
export class ProblemList {
  readonly items: Problem[] = [];
  omitted = 0;

  add(found: Problem): void {
    if (this.items.length < PROBLEMS_MAX) this.items.push(found);
    else this.omitted += 1;
  }
}
