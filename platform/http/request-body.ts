/**
 * Bodies of HTTP requests: of a media type that the route names, bounded before and while they come,
 * and read by a deadline. A small body is one strict JSON value; a large one is handed on as it
 * comes, and whoever reads it stops at the same bound.
 */
import type { IncomingMessage } from 'node:http';
import { TillgateError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { parseStrictJson } from '../../protocol/json/strict-json.ts';

/** A command, a promise, some hundred documents. */
export const JSON_BODY_BYTES_MAX = 1024 * 1024;
/** A whole publication of a feed. */
export const STREAMED_BODY_BYTES_MAX = 128 * 1024 * 1024;
/** A JSON body on any network that a headquarters would be on. */
const JSON_BODY_MS_MAX = 10_000;

/** The media type of the body. Throws `HTTP_MEDIA_TYPE` where it is none of `mediaTypes`. */
export function checkMediaType(request: IncomingMessage, mediaTypes: readonly string[]): string {
  const given = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaTypes.includes(given)) return given;
  const shown = given === '' ? 'without a content-type' : `of the content-type ${given}`;
  const message = `The body is ${shown}; it must be ${mediaTypes.join(' or ')}.`;
  throw new TillgateError('HTTP_MEDIA_TYPE', message);
}

/** The body in pieces. Throws `HTTP_BODY_TOO_LARGE` when it is, at once where its length says so. */
export function boundedBody(request: IncomingMessage, bytesMax: number): AsyncIterable<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  return counted(request, bytesMax);
}

/**
 * One JSON value. Throws `HTTP_BODY_INVALID` for what is none or does not come in time, and
 * `HTTP_BODY_TOO_LARGE`.
 */
export async function readJsonBody(request: IncomingMessage, bytesMax: number): Promise<Json> {
  const chunks: Buffer[] = [];
  const deadline = AbortSignal.timeout(JSON_BODY_MS_MAX);
  const late = (): void => void request.destroy();
  deadline.addEventListener('abort', late);
  try {
    for await (const chunk of boundedBody(request, bytesMax)) chunks.push(chunk);
  } finally {
    deadline.removeEventListener('abort', late);
  }
  const { value, faults } = parseStrictJson(Buffer.concat(chunks));
  const [first] = faults;
  if (value !== undefined && first === undefined) return value;
  const where = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
  const message = `The body is no JSON with whole numbers and every member once${where}.`;
  throw new TillgateError('HTTP_BODY_INVALID', message);
}

async function* counted(request: IncomingMessage, bytesMax: number): AsyncIterable<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof TillgateError) throw error;
    throw new TillgateError('HTTP_BODY_INVALID', 'The body did not come to its end.', {
      cause: error,
    });
  }
}

function tooLarge(bytesMax: number): TillgateError {
  return new TillgateError('HTTP_BODY_TOO_LARGE', `The body is over ${bytesMax} bytes.`);
}
