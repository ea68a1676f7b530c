/** The form of an answer to a question, and the answers that say why there is nothing in it. */
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

export type QueryAnswer = {
  queryId: string | null;
  query: string | null;
  state: 'found' | 'unknown' | 'refused';
  result?: object;
  error?: { code: ErrorCode; message: string; hint: string; path?: string; retryAfterMs?: number };
  /** What the answer is true for; empty while nothing was published. */
  feeds: {
    scope: string;
    origin: string;
    size: number;
    confirmedAt: string | null;
    ageSeconds: number | null;
  }[];
  at: string;
};

/** What became of it, without what it is true for. */
export type Outcome = Pick<QueryAnswer, 'state' | 'result' | 'error'>;

export function failure(
  state: 'unknown' | 'refused',
  code: ErrorCode,
  { message = ERROR_CODES[code].means, path }: { message?: string; path?: string } = {},
): Outcome & { error: NonNullable<QueryAnswer['error']> } {
  const { fix: hint } = ERROR_CODES[code];
  return { state, error: { code, message, hint, ...(path !== undefined && { path }) } };
}

export function notFound(): Outcome {
  return failure('unknown', 'QUERY_NOT_FOUND');
}
