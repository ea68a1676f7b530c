/**
 * A small HTTP server for a handful of read-only answers: exact paths or a prefix, GET and HEAD,
 * bounded in connections, header size and time. Nothing here reads a request body.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TillgateError } from '../../protocol/errors.ts';
import { errnoOf } from '../durable/errno.ts';
import type { Log } from '../logging.ts';

export interface HttpAnswer {
  status: number;
  contentType: string;
  body: string | Uint8Array;
}

/** Gets the path and query of a request that its key matches. */
export type HttpRoute = (url: URL) => HttpAnswer | Promise<HttpAnswer>;

export interface HttpServerOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** By path; a key that ends with `/` also takes what is below it. The longest match wins. */
  routes: Readonly<Record<string, HttpRoute>>;
  log: Log;
}

export interface HttpServer {
  address: { host: string; port: number };
  close(): Promise<void>;
}

/** Scrapers and a few dashboards; more is a mistake or an attack. */
const CONNECTIONS_MAX = 64;
const REQUEST_MS_MAX = 10_000;
const HEADER_BYTES_MAX = 16 * 1024;

/** Throws `PORT_IN_USE` when somebody else listens there. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(
    {
      requestTimeout: REQUEST_MS_MAX,
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
    result = await route(request, options.routes);
  } catch (error) {
    options.log.error({ err: error, url: request.url }, 'HTTP request failed');
    result = jsonAnswer(500, { error: 'INTERNAL' });
  }
  response.writeHead(result.status, {
    'content-type': result.contentType,
    'content-length': Buffer.byteLength(result.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : result.body);
}

async function route(
  request: IncomingMessage,
  routes: HttpServerOptions['routes'],
): Promise<HttpAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return jsonAnswer(405, { error: 'METHOD_NOT_ALLOWED' });
  }
  // A request target that is no path (an absolute URL, say) is not one of ours.
  const url = URL.parse(request.url ?? '', 'http://tillgate.invalid');
  if (url === null) return jsonAnswer(400, { error: 'BAD_REQUEST' });
  const found = Object.keys(routes)
    .filter(
      (path) => url.pathname === path || (path.endsWith('/') && url.pathname.startsWith(path)),
    )
    .sort((a, b) => b.length - a.length)[0];
  const handler = found === undefined ? undefined : routes[found];
  return handler === undefined ? jsonAnswer(404, { error: 'NOT_FOUND' }) : handler(url);
}
