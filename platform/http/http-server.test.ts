import { request } from 'node:http';
import t from 'tap';
import type { Test } from 'tap';
import { silentLog } from '../logging.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { jsonAnswer, startHttpServer } from './http-server.ts';
import type { HttpServer } from './http-server.ts';

async function serverFor(t: Test): Promise<{ server: HttpServer; base: string }> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    routes: {
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
