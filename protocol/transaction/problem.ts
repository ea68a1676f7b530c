/**
 * One thing that is wrong with a submission, as the device gets to see it: which rule (a stable
 * code), where (a JSON Pointer, RFC 6901, `""` for the whole), what was expected and what was got.
 * Values that a JSON number cannot carry exactly are given as decimal strings.
 */
import type { ErrorCode } from '../errors.ts';
import type { Json } from '../json/json-value.ts';

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
