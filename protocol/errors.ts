/**
 * The one error class. Its code is stable and catalogued (docs/errors.md is generated from
 * error-codes.ts); its message says what, where and what was got; its hint says what to do next.
 */
import { ERROR_CODES } from './error-codes.ts';

export type ErrorCode = keyof typeof ERROR_CODES;

export interface TillgateErrorOptions {
  /** The next command or action; without it the catalogue's `fix` stands in. */
  hint?: string;
  /** True where the same call may succeed later without anybody changing anything. */
  retryable?: boolean;
  cause?: unknown;
}

export class TillgateError extends Error {
  override readonly name = 'TillgateError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: TillgateErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERROR_CODES[code].fix;
    this.retryable = options.retryable ?? false;
  }
}

/** Narrows an unknown catch value to our own error, optionally of one code. */
export function isTillgateError(error: unknown, code?: ErrorCode): error is TillgateError {
  return error instanceof TillgateError && (code === undefined || error.code === code);
}
