/** What routes read of the URL and the path, and refuse with a sentence. */
import { TillgateError } from '../../protocol/errors.ts';
import { isId } from '../../protocol/ids.ts';

const ROWS_DEFAULT = 100;
export const ROWS_MAX = 1_000;
const DOCUMENT_ID = /^[!-.0-~]{1,64}$/;

export function namedIn(url: URL, prefix: string): string {
  const id = decoded(url.pathname.slice(prefix.length));
  if (DOCUMENT_ID.test(id)) return id;
  throw new TillgateError('USAGE', 'An id is 1 to 64 printable characters without a slash.');
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError)
      throw new TillgateError('USAGE', 'The path is not encoded well.');
    throw error;
  }
}

export function idIn(url: URL, name: string): string | undefined {
  const id = url.searchParams.get(name) ?? undefined;
  if (id === undefined || isId(id)) return id;
  throw new TillgateError('USAGE', `${name} is no id.`);
}

export function limitIn(url: URL): number {
  const text = url.searchParams.get('limit') ?? String(ROWS_DEFAULT);
  const limit = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= ROWS_MAX) return limit;
  throw new TillgateError('USAGE', `limit is a whole number from 1 to ${ROWS_MAX}.`);
}

export function notFound(message: string): TillgateError {
  return new TillgateError('HQ_NOT_FOUND', message);
}
