import { request } from 'node:http';
import t from 'tap';
import type { Test } from 'tap';
import { silentLog } from '../logging.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { Readable } from 'node:stream';
import { jsonAnswer, startHttpServer } from './http-server.ts';
import type { HttpServer } from './http-server.ts';

const TOKEN = 'a-token-of-some-length-0123456789';
const JSON_TYPE = 'application/json; charset=utf-8';

async function serverFor(t: Test): Promise<{ server: HttpServer; base: string }> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    token: TOKEN,
    routes: {
      '/written/': {
        GET: () => jsonAnswer(200, { read: true }),
        POST: {
          body: 'json',
          bytesMax: 64,
          run: (url, body) => jsonAnswer(201, { path: url.pathname, body }),
        },
      },
      '/streamed': {
        POST: {
          body: 'stream',
          mediaTypes: ['text/csv'],
          bytesMax: 1_000,
          run: async (_url, body) => {
            let bytes = 0;
            for await (const chunk of body) bytes += chunk.length;
            return jsonAnswer(200, { bytes });
          },
        },
      },
      '/exact': () => jsonAnswer(200, { exact: true }),
      '/below/': (url) => jsonAnswer(200, { path: url.pathname, query: url.searchParams.get('q') }),
      '/broken': () => {
        throw new TillgateError('INTERNAL', 'broken');
      },
    },
  });
  t.teardown(() => server.close());
  return { server, base: `http://127.0.0.1:${server.address.port}` };
}

void t.test('answers exact paths and prefixes, and nothing else', async (t) => {
  const { base } = await serverFor(t);
  t.strictSame(await (await fetch(`${base}/exact?x=1`)).json(), { exact: true });
  t.strictSame(await (await fetch(`${base}/below/a?q=b`)).json(), { path: '/below/a', query: 'b' });
  t.equal((await fetch(`${base}/exact/more`)).status, 404);
  t.equal((await fetch(`${base}/broken`)).status, 500);
  t.equal((await fetch(`${base}/exact`, { method: 'POST', body: 'x' })).status, 405);
  const head = await fetch(`${base}/exact`, { method: 'HEAD' });
  t.equal(head.headers.get('content-length'), '15');
});

void t.test('a request target that is no path does no harm', async (t) => {
  const { server } = await serverFor(t);
  const status = await new Promise((resolve, reject) => {
    const { host, port } = server.address;
    request({ host, port, path: '//[' }, (response) => resolve(response.statusCode))
      .on('error', reject)
      .end();
  });
  t.equal(status, 400);
});

void t.test('a taken port is named', async (t) => {
  const { server } = await serverFor(t);
  const { host, port } = server.address;
  await t.rejects(startHttpServer({ host, port, routes: {}, log: silentLog }), {
    code: 'PORT_IN_USE',
    retryable: true,
    message: new RegExp(`:${port}`),
  });
});

function post(
  url: string,
  body: string | ReadableStream,
  { token = TOKEN, type = JSON_TYPE }: { token?: string; type?: string } = {},
): Promise<Response> {
  const headers = { 'content-type': type, authorization: `Bearer ${token}` };
  return fetch(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
}

void t.test('writing takes the token, the type and the method', async (t) => {
  const { base } = await serverFor(t);
  const path = `${base}/written/a`;
  const written = await post(path, '{"a":1}');
  t.equal(written.status, 201);
  t.strictSame(await written.json(), { path: '/written/a', body: { a: 1 } });
  t.strictSame(await (await fetch(path)).json(), { read: true });
  t.equal((await fetch(path, { method: 'PUT' })).status, 405);
  const nobody = await fetch(path, { method: 'POST', body: '{}' });
  t.equal(nobody.status, 401);
  t.match(nobody.headers.get('www-authenticate'), /^Bearer/);
  t.match(await nobody.json(), { code: 'HTTP_UNAUTHORISED' });
  t.equal((await post(path, '{}', { token: `${TOKEN}x` })).status, 401);
  t.equal((await post(path, '{}', { type: 'text/plain' })).status, 415);
});

void t.test(
  'a body that is no JSON or too large is refused, with and without its length',
  async (t) => {
    const { base } = await serverFor(t);
    for (const body of ['{', '', '{"a":1.5}', '{"a":1,"a":1}', '\u0000']) {
      const answer = await post(`${base}/written/a`, body);
      t.equal(answer.status, 400, body);
      t.match(await answer.json(), { code: 'HTTP_BODY_INVALID' });
    }
    const large = JSON.stringify('x'.repeat(63));
    t.equal((await post(`${base}/written/a`, large)).status, 413);
    t.equal((await post(`${base}/written/a`, inPieces(large))).status, 413);
    t.equal((await post(`${base}/written/a`, JSON.stringify('x'.repeat(62)))).status, 201);
  },
);

void t.test('a large body is handed on as it comes, within its bound', async (t) => {
  const { base } = await serverFor(t);
  const type = 'text/csv';
  const text = 'x'.repeat(1_000);
  t.strictSame(await (await post(`${base}/streamed`, inPieces(text), { type })).json(), {
    bytes: 1_000,
  });
  t.equal((await post(`${base}/streamed`, inPieces(`${text}x`), { type })).status, 413);
});

function inPieces(text: string): ReadableStream {
  return Readable.toWeb(
    Readable.from([text.slice(0, 10), text.slice(10)].map((piece) => Buffer.from(piece))),
  ) as ReadableStream;
}

void t.test('a server without a token lets nobody write', async (t) => {
  const write = { body: 'json', run: () => jsonAnswer(200, {}) } as const;
  const address = { host: '127.0.0.1', port: 0 };
  const server = await startHttpServer({
    ...address,
    routes: { '/a': { POST: write } },
    log: silentLog,
  });
  t.teardown(() => server.close());
  t.equal((await post(`http://127.0.0.1:${server.address.port}/a`, '{}')).status, 401);
});
