/** Errors of ours that routes throw, as answers `{code, message, hint}` with a status of their own. */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type {
  HttpAnswer,
  HttpMethods,
  HttpRoute,
  HttpWrite,
} from '../../platform/http/http-server.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  HQ_NOT_FOUND: 404,
  USAGE: 400,
  CONFLICT_UNKNOWN: 404,
  CONFLICT_ELSEWHERE: 409,
  CONFLICT_DECIDED: 409,
  HQ_PROJECTION_BUSY: 503,
  FEED_BUSY: 409,
  FEED_CHAIN_UNKNOWN: 400,
  FEED_COLLECTION_UNKNOWN: 400,
  FEED_COLLECTION_RESERVED: 422,
  FEED_DOCUMENT_INVALID: 422,
  FEED_TOO_LARGE: 413,
  RIGHTS_EXCEED_SUPPLY: 409,
  RIGHTS_OUTSTANDING: 409,
  RIGHTS_ID_TAKEN: 409,
  RIGHTS_HOLDER_FENCED: 409,
  RIGHTS_PROMISE_SETTLED: 409,
  RIGHTS_POOL_UNKNOWN: 404,
  RIGHTS_HOLDER_UNKNOWN: 404,
  RIGHTS_GRANT_UNKNOWN: 404,
  RIGHTS_PROMISE_UNKNOWN: 404,
  RIGHTS_LOCKED: 503,
  RIGHTS_NOT_MIRRORED: 503,
  HTTP_BODY_INVALID: 400,
  HTTP_BODY_TOO_LARGE: 413,
};

/** Every route such that it answers what it throws; anything else is the server's to log. */
export function answeringErrors(
  routes: Readonly<Record<string, HttpRoute | HttpMethods>>,
): Record<string, HttpMethods> {
  return Object.fromEntries(
    Object.entries(routes).map(([path, route]) => {
      const methods = typeof route === 'function' ? { GET: route } : route;
      return [path, answering(methods)];
    }),
  );
}

function answering({ GET: read, POST: post, PUT: put, DELETE: remove }: HttpMethods): HttpMethods {
  return {
    ...(read !== undefined && { GET: (url: URL) => guarded(() => read(url)) }),
    ...(post !== undefined && { POST: answeringWrite(post) }),
    ...(put !== undefined && { PUT: answeringWrite(put) }),
    ...(remove !== undefined && { DELETE: answeringWrite(remove) }),
  };
}

function answeringWrite(write: HttpWrite): HttpWrite {
  if (write.body === 'none') return { ...write, run: (url: URL) => guarded(() => write.run(url)) };
  if (write.body === 'json') {
    return { ...write, run: (url: URL, body: Json) => guarded(() => write.run(url, body)) };
  }
  return { ...write, run: (url, body, type) => guarded(() => write.run(url, body, type)) };
}

async function guarded(work: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await work();
  } catch (error) {
    if (!isTillgateError(error) || error.code === 'INTERNAL') throw error;
    const { code, message, hint } = error;
    return jsonAnswer(STATUS_OF[code] ?? 500, { code, message, hint });
  }
}
