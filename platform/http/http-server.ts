/**
 * A small HTTP server: exact paths or a prefix, bounded in connections, header size, body and time.
 * A route answers GET and HEAD; one that also writes says so by its method, with the media type and
 * the bound of its body, and is reached only with the server's bearer token. A request that is not
 * let in, too large or of another type gets the answer `{code, message, hint}`.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TillgateError, isTillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { errnoOf } from '../durable/errno.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Log } from '../logging.ts';
import { checkBearer } from './bearer-token.ts';
import {
  JSON_BODY_BYTES_MAX,
  STREAMED_BODY_BYTES_MAX,
  boundedBody,
  checkMediaType,
  readJsonBody,
} from './request-body.ts';

export interface HttpAnswer {
  status: number;
  contentType: string;
  body: string | Uint8Array;
}

/** Gets the path and query of a request that its key matches. */
export type HttpRoute = (url: URL) => HttpAnswer | Promise<HttpAnswer>;

/** What a route does beside reading. */
export type HttpWrite =
  /** The path says all; a body that comes along is not read. */
  | { body: 'none'; run: (url: URL) => HttpAnswer | Promise<HttpAnswer> }
  | {
      body: 'json';
      /** `JSON_BODY_BYTES_MAX` when absent. */
      bytesMax?: number;
      run: (url: URL, body: Json) => HttpAnswer | Promise<HttpAnswer>;
    }
  | {
      body: 'stream';
      mediaTypes: readonly string[];
      /** `STREAMED_BODY_BYTES_MAX` when absent. */
      bytesMax?: number;
      /** `body` ends with an error when it is too large or is cut off: then nothing may count. */
      run: (
        url: URL,
        body: AsyncIterable<Buffer>,
        mediaType: string,
      ) => HttpAnswer | Promise<HttpAnswer>;
    };

/** A path that is not only read. */
export type HttpMethods = {
  GET?: HttpRoute;
  POST?: HttpWrite;
  PUT?: HttpWrite;
  DELETE?: HttpWrite;
};

export interface HttpServerOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** By path; a key that ends with `/` also takes what is below it. The longest match wins. */
  routes: Readonly<Record<string, HttpRoute | HttpMethods>>;
  /** Whoever has it may write; without it nobody may. */
  token?: string;
  log: Log;
}

export interface HttpServer {
  address: { host: string; port: number };
  close(): Promise<void>;
}

/** Scrapers and a few dashboards; more is a mistake or an attack. */
const CONNECTIONS_MAX = 64;
const REQUEST_MS_MAX = 10_000;
/** A body of the largest size at 256 KiB/s; a JSON body has a deadline of its own. */
const STREAMED_REQUEST_MS_MAX = 10 * 60_000;
const HEADER_BYTES_MAX = 16 * 1024;

/** Throws `PORT_IN_USE` when somebody else listens there. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(
    {
      requestTimeout: hasStreams(options.routes) ? STREAMED_REQUEST_MS_MAX : REQUEST_MS_MAX,
      headersTimeout: REQUEST_MS_MAX,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    (request, response) => void answer(request, response, options),
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, options);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (errnoOf(error) !== 'EADDRINUSE') {
        reject(error);
        return;
      }
      const message = `Another process listens on ${host}:${port}.`;
      reject(new TillgateError('PORT_IN_USE', message, { retryable: true, cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
): Promise<void> {
  let result: HttpAnswer;
  try {
    result = await route(request, options);
  } catch (error) {
    result = refusal(error);
    if (result.status === 500) {
      options.log.error({ err: error, url: request.url }, 'HTTP request failed');
    }
  }
  if (response.destroyed) return;
  // What is left of a body that nobody reads must not be taken for the next request.
  const isRead = request.complete || request.method === 'GET' || request.method === 'HEAD';
  response.writeHead(result.status, {
    'content-type': result.contentType,
    'content-length': Buffer.byteLength(result.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(result.status === 401 && { 'www-authenticate': 'Bearer realm="tillgate"' }),
    ...(!isRead && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : result.body);
}

async function route(
  request: IncomingMessage,
  { routes, token }: HttpServerOptions,
): Promise<HttpAnswer> {
  // A request target that is no path (an absolute URL, say) is not one of ours.
  const url = URL.parse(request.url ?? '', 'http://tillgate.invalid');
  if (url === null) return jsonAnswer(400, { error: 'BAD_REQUEST' });
  const methods = methodsOf(routes, url);
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (isReading && methods === undefined) return jsonAnswer(404, { error: 'NOT_FOUND' });
  if (isReading && methods?.GET !== undefined) return methods.GET(url);
  const write = methods?.[request.method as Writing];
  if (isReading || write === undefined) return jsonAnswer(405, { error: 'METHOD_NOT_ALLOWED' });
  if (token === undefined) {
    throw new TillgateError('HTTP_UNAUTHORISED', 'This server has no token, so nobody may write.');
  }
  checkBearer(request, token);
  if (write.body === 'none') return write.run(url);
  if (write.body === 'json') {
    checkMediaType(request, ['application/json']);
    return write.run(url, await readJsonBody(request, write.bytesMax ?? JSON_BODY_BYTES_MAX));
  }
  const mediaType = checkMediaType(request, write.mediaTypes);
  const body = boundedBody(request, write.bytesMax ?? STREAMED_BODY_BYTES_MAX);
  return write.run(url, body, mediaType);
}

type Writing = Exclude<keyof HttpMethods, 'GET'>;

/** The longest path that matches; what is a mere function reads. */
function methodsOf(routes: HttpServerOptions['routes'], url: URL): HttpMethods | undefined {
  const found = Object.keys(routes)
    .filter(
      (path) => url.pathname === path || (path.endsWith('/') && url.pathname.startsWith(path)),
    )
    .sort((a, b) => b.length - a.length)[0];
  const handler = found === undefined ? undefined : routes[found];
  return typeof handler === 'function' ? { GET: handler } : handler;
}

function hasStreams(routes: HttpServerOptions['routes']): boolean {
  return Object.values(routes).some(
    (route) =>
      typeof route !== 'function' &&
      [route.POST, route.PUT, route.DELETE].some((write) => write?.body === 'stream'),
  );
}

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  HTTP_UNAUTHORISED: 401,
  HTTP_BODY_TOO_LARGE: 413,
  HTTP_MEDIA_TYPE: 415,
  HTTP_BODY_INVALID: 400,
};

function refusal(error: unknown): HttpAnswer {
  const status = isTillgateError(error) ? STATUS_OF[error.code] : undefined;
  if (!isTillgateError(error) || status === undefined) {
    return jsonAnswer(500, { error: 'INTERNAL' });
  }
  const { code, message, hint } = error;
  return jsonAnswer(status, { code, message, hint });
}
