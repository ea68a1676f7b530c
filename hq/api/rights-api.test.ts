/**
 * Goal: every request is read with care and answered with a status of its own, and the OpenAPI
 * document says all of it. Method: the routes over a desk that remembers what it was asked.
 */
import t from 'tap';
import type { Test } from 'tap';
import { startHttpServer } from '../../platform/http/http-server.ts';
import { silentLog } from '../../platform/logging.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { OnlineAsked } from '../../protocol/rights/promise-decisions.ts';
import type { RightsDesk } from '../rights/rights-desk.ts';
import { apiDocument } from './api-document.ts';
import { answeringErrors } from './error-answers.ts';
import { rightsRoutes } from './rights-api.ts';

const TOKEN = 'a-token-of-some-length-0123456789';

class AskedDesk {
  readonly asked: unknown[] = [];
  fails: ErrorCode | undefined;
  isNew = true;

  online(chain: string, asked: Omit<OnlineAsked, 'unique'>): Promise<object> {
    return this.#said([chain, asked], { ...asked, state: 'open', from: [], life: '' });
  }

  end(...asked: string[]): Promise<object> {
    return this.#said(asked, { id: asked[1], kind: 'promise', state: asked[2] });
  }

  spend(...asked: string[]): Promise<object> {
    return this.#said(asked, { id: asked[1], kind: 'spend', state: 'spent' });
  }

  pool(...asked: string[]): Promise<object> {
    return this.#said(asked, { pool: asked[1] });
  }

  #said(asked: unknown, answer: object): Promise<object> {
    this.asked.push(asked);
    if (this.fails !== undefined) return Promise.reject(new TillgateError(this.fails, 'no'));
    return Promise.resolve({ ...answer, isNew: this.isNew });
  }
}

type Ask = (path: string, body?: unknown) => Promise<{ status: number; body: object }>;

async function served(t: Test): Promise<{ desk: AskedDesk; ask: Ask }> {
  const desk = new AskedDesk();
  const server = await startHttpServer({
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, log: silentLog },
    routes: answeringErrors(
      rightsRoutes({
        rights: desk as unknown as RightsDesk,
        chainOf: (named) => Promise.resolve(named ?? 'acme'),
      }),
    ),
  });
  t.teardown(() => server.close());
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  return {
    desk,
    ask: async (path, body) => {
      const url = `http://127.0.0.1:${server.address.port}${path}`;
      const post = { method: 'POST', headers, body: JSON.stringify(body) };
      const answer = await fetch(url, body === undefined ? {} : post);
      return { status: answer.status, body: (await answer.json()) as object };
    },
  };
}

const PROMISE = {
  ...{ promiseId: 'p-1', store: 's1', itemId: 'tea' },
  quantity: { value: 25, scale: 1 },
};

void t.test('promises and spends are asked of the desk', async (t) => {
  const { desk, ask } = await served(t);
  const kept = {
    chain: 'acme',
    promiseId: 'p-1',
    pool: 'stock:s1/tea',
    amount: 2_500,
    state: 'open',
  };
  t.strictSame(await ask('/api/promises', PROMISE), { status: 201, body: kept });
  desk.isNew = false;
  t.match(await ask('/api/promises', { ...PROMISE, chain: 'other' }), { status: 200 });
  const spend = { spendId: 'x', pool: 'points:m-1', amount: 5 };
  t.match(await ask('/api/spends', spend), { body: { spendId: 'x', amount: 5 } });
  t.match(await ask('/api/promises/p%2D1/release?chain=other', {}), { status: 200 });
  t.match(await ask('/api/promises/p-1/collect', {}), { body: { state: 'collected' } });
  t.match(await ask('/api/spends/x'), { status: 200, body: { spendId: 'x', state: 'spent' } });
  t.match(await ask('/api/pools/storedValue:gift/EUR'), { body: { pool: 'storedValue:gift/EUR' } });
  const promised = { id: 'p-1', kind: 'promise', pool: 'stock:s1/tea', amount: 2_500 };
  t.strictSame(desk.asked, [
    ['acme', promised],
    ['other', promised],
    ['acme', { id: 'x', kind: 'spend', pool: 'points:m-1', amount: 5 }],
    ['other', 'p-1', 'released'],
    ['acme', 'p-1', 'collected'],
    ['acme', 'x'],
    ['acme', 'storedValue:gift/EUR'],
  ]);
});

void t.test('what is not of its form does not reach the desk', async (t) => {
  const { desk, ask } = await served(t);
  const spend = { spendId: 'x', pool: 'points:m-1', amount: 5 };
  for (const [path, body] of [
    ['/api/promises', []],
    ['/api/promises', { ...PROMISE, promiseId: undefined }],
    ['/api/promises', { ...PROMISE, colour: 'red' }],
    ['/api/promises', { ...PROMISE, quantity: 2 }],
    ['/api/promises', { ...PROMISE, quantity: { value: 1, scale: 4 } }],
    ['/api/promises', { ...PROMISE, quantity: { value: 0, scale: 0 } }],
    ['/api/promises', { ...PROMISE, quantity: { value: -1, scale: 0 } }],
    ['/api/spends', { ...spend, amount: '5' }],
    ['/api/spends', { ...spend, pool: 'stock:s1/tea' }],
  ] as const) {
    t.match(await ask(path, body), { status: 400, body: { code: 'USAGE' } }, JSON.stringify(body));
  }
  t.match(await ask('/api/promises/p-1/forget', {}), { status: 404 });
  t.match(await ask('/api/pools/%E0%A4%A'), { status: 400 });
  t.strictSame(desk.asked, []);
});

void t.test('each refusal has its status', async (t) => {
  const { desk, ask } = await served(t);
  for (const [code, status] of [
    ['RIGHTS_EXCEED_SUPPLY', 409],
    ['RIGHTS_ID_TAKEN', 409],
    ['RIGHTS_POOL_UNKNOWN', 404],
    ['RIGHTS_LOCKED', 503],
  ] as const) {
    desk.fails = code;
    t.match(await ask('/api/promises', PROMISE), { status, body: { code } });
  }
});

void t.test('the OpenAPI document names every route of rights, and only what it defines', (t) => {
  const document = apiDocument() as { paths: object; components: { schemas: object } };
  const paths = Object.keys(document.paths);
  for (const route of Object.keys(rightsRoutes({} as never))) {
    t.ok(
      paths.some((path) => path === route || path.startsWith(route)),
      route,
    );
  }
  const text = JSON.stringify(document);
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/([^"]+)"/g)) {
    t.ok(Object.hasOwn(document.components.schemas, name), name);
  }
  t.end();
});
