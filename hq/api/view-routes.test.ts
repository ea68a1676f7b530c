/**
 * Goal: what headquarters' systems read adds up, wrong questions get a sentence, and the description
 * has every path and every member. Method: the routes over a projection that answers from a list.
 */
import t from 'tap';
import type { HttpMethods, HttpRoute } from '../../platform/http/http-server.ts';
import type { ProjectionCall } from '../projection/projection-call.ts';
import type { PoolRow } from '../projection/pool-reports.ts';
import { ConflictDesk } from '../conflicts/conflict-desk.ts';
import { apiDocument } from './api-document.ts';
import { VIEW_PATHS } from './views-document.ts';
import { viewRoutes } from './view-routes.ts';
import type { ViewRoutesOptions } from './view-routes.ts';

function pool(name: string, more: Partial<PoolRow> = {}): PoolRow {
  const none = { credited: '0', drawn: '0', policy: '0', released: '0', collected: '0', uses: 0 };
  return { chain: 'acme', pool: name, ...none, ...more };
}

const POOLS = [
  pool('points:m1', { credited: '100', drawn: '130', released: '20', uses: 2 }),
  pool('storedValue:a1/EUR', { credited: '500', drawn: '200', uses: 1 }),
  pool('coupon:c1', { drawn: '4', uses: 4 }),
  pool('coupon:c1/X1', { policy: '2', uses: 2 }),
  pool('stock:s1/A', { drawn: '3000', released: '500', collected: '1000' }),
];
const STOCK = {
  ...{ chain: 'acme', store: 's1', itemId: 'A', onHand: '7', unit: 'EA', countedAt: null },
  events: 3,
};

const ask = ((call: ProjectionCall) => {
  if (call.call === 'stock') return Promise.resolve([STOCK]);
  if (call.call !== 'pools') return Promise.resolve({ conflicts: [], open: 0, decided: 0 });
  const isIt = ({ pool: name }: PoolRow): boolean =>
    call.isPrefix ? name.startsWith(call.pool) : name === call.pool;
  return Promise.resolve(POOLS.filter(isIt));
}) as ViewRoutesOptions['projection']['ask'];

const documents: Record<string, string> = {
  'supply points:m1': '{"pool":"points:m1","amount":50}',
  'coupon c1': '{"couponId":"c1","cap":10}',
};
const database = {
  documentsOf: () => ({
    body: (collection: string, id: string) => documents[`${collection} ${id}`],
  }),
};
const routes = viewRoutes({
  projection: { ask },
  supplies: {
    feeds: () => [{ row: { generation: 1 }, place: { chain: 'acme' } }] as never,
    read: (work) => Promise.resolve(work(database as never)),
  },
  conflicts: { desk: new ConflictDesk({ custody: {} as never, ownLog: {} as never, ask }) },
});

async function get(path: string): Promise<unknown> {
  const url = new URL(path, 'http://hq.invalid');
  const key = Object.keys(routes)
    .filter((one) => url.pathname === one || (one.endsWith('/') && url.pathname.startsWith(one)))
    .toSorted((a, b) => b.length - a.length)[0];
  const route: HttpRoute | HttpMethods | undefined = routes[key ?? ''];
  const read = typeof route === 'function' ? route : route?.GET;
  const { body = '' } = (await read?.(url)) ?? {};
  return JSON.parse(String(body));
}

void t.test('what stores did adds up with what headquarters put in', async (t) => {
  const counts = { supplied: '50', earned: '100', spent: '110', balance: '40', uses: 2 };
  t.strictSame(await get('/api/members/m1'), {
    memberId: 'm1',
    points: [{ chain: 'acme', ...counts }],
  });
  t.match(await get('/api/accounts/a1'), { balances: [{ currency: 'EUR', balance: '300' }] });
  t.strictSame(await get('/api/coupons/c1?chain=acme'), {
    couponId: 'c1',
    coupons: [
      {
        ...{ chain: 'acme', cap: 10, uses: 6, withoutRight: 2 },
        ...{ codes: [{ code: 'X1', uses: 2 }], codesUsed: 1 },
      },
    ],
  });
  t.match(await get('/api/stock?store=s1&limit=1'), {
    stock: [{ onHand: '7', reserved: '1500' }],
    next: 'acme/s1/A',
  });
  t.strictSame(await get('/api/conflicts'), { open: 0, decided: 0, conflicts: [] });
});

void t.test('wrong questions get a sentence', async (t) => {
  for (const path of [
    '/api/members/a%20b',
    '/api/stock?limit=0',
    '/api/stock?chain=A',
    '/api/coupons/%',
  ]) {
    await t.rejects(get(path), { code: 'USAGE' }, path);
  }
  for (const path of ['/api/members/nobody', '/api/coupons/none', '/api/accounts/none']) {
    await t.rejects(get(path), { code: 'HQ_NOT_FOUND' }, path);
  }
  await t.rejects(get('/api/conflicts/none'), { code: 'CONFLICT_UNKNOWN' });
});

void t.test('the description has every path, and every member of an answer', async (t) => {
  t.match(apiDocument(), { paths: { '/api/stock': VIEW_PATHS['/api/stock'] } });
  const described = Object.keys(VIEW_PATHS).map((path) => path.replace(/\{.*$/, ''));
  const served = Object.keys(routes);
  t.strictSame([...new Set(described)].toSorted(), served.toSorted());
  const samples = [
    ['/api/stock', '/api/stock'],
    ['/api/members/{memberId}', '/api/members/m1'],
    ['/api/coupons/{couponId}', '/api/coupons/c1'],
    ['/api/accounts/{accountId}', '/api/accounts/a1'],
  ] as const;
  for (const [path, sample] of samples) {
    const { get: operation } = VIEW_PATHS[path];
    const told = membersIn(operation);
    t.strictSame(
      [...membersOf(await get(sample))].filter((name) => !told.has(name)),
      [],
      path,
    );
  }
});

/** Names of members of all objects in a value. */
function membersOf(value: unknown): Set<string> {
  const names = new Set<string>();
  JSON.stringify(value, (name, each: unknown) => {
    if (name !== '' && !/^[0-9]+$/.test(name)) names.add(name);
    return each;
  });
  return names;
}

/** The names under `properties` in a schema. */
function membersIn(operation: unknown): Set<string> {
  const names = new Set<string>();
  JSON.stringify(operation, (name, each: unknown) => {
    if (name === 'properties') for (const member of Object.keys(each as object)) names.add(member);
    return each;
  });
  return names;
}
