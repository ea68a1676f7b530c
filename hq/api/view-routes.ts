/**
 * What headquarters' own systems read of all stores, and how they end a conflict:
 *
 *     GET  /api/stock?chain&store&item&after&limit     on hand, and what stores have reserved
 *     GET  /api/members/{memberId}?chain               points
 *     GET  /api/coupons/{couponId}?chain               uses, of each code too
 *     GET  /api/accounts/{accountId}?chain             stored value by currency
 *     GET  /api/conflicts   /api/conflicts/{conflictId}
 *     POST /api/conflicts/{conflictId}/resolve         {"note": …, "winner"?: …}, with the token
 *
 * Amounts are decimal texts in whole smallest units, quantities decimal texts in the item's unit.
 */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpAnswer, HttpMethods, HttpRoute } from '../../platform/http/http-server.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Collection } from '../../protocol/feed/documents.ts';
import { isId } from '../../protocol/ids.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { couponPool, pointsPool, stockPool } from '../../protocol/rights/pool.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import type { ConflictDesk } from '../conflicts/conflict-desk.ts';
import type { PoolRow } from '../projection/pool-reports.ts';
import type { ProjectionClient } from '../projection/projection-client.ts';
import type { StockRow } from '../projection/stock-reports.ts';

export type ViewRoutesOptions = {
  projection: Pick<ProjectionClient, 'ask'>;
  supplies: Pick<FeedKeeper, 'feeds' | 'read'>;
  conflicts: { desk: ConflictDesk };
};

const ROWS_DEFAULT = 100;
const ROWS_MAX = 1_000;
/** Codes of a campaign, items of a store of which some are reserved: a sum is over all of these. */
const POOLS_MAX = 10_000;
const DOCUMENT_ID = /^[!-.0-~]{1,64}$/;

export function viewRoutes(options: ViewRoutesOptions): Record<string, HttpRoute | HttpMethods> {
  const { desk } = options.conflicts;
  return {
    '/api/stock': (url) => stock(options, url),
    '/api/members/': (url) => member(options, url),
    '/api/coupons/': (url) => coupon(options, url),
    '/api/accounts/': (url) => account(options, url),
    '/api/conflicts': async () => jsonAnswer(200, await desk.list()),
    '/api/conflicts/': {
      GET: async (url) => jsonAnswer(200, await desk.show(conflictIdIn(url, ''))),
      POST: {
        body: 'json',
        run: async (url, body) => {
          const conflictId = conflictIdIn(url, '/resolve');
          const entry = await desk.resolve(conflictId, resolutionIn(body));
          return jsonAnswer(200, { conflictId, entry });
        },
      },
    },
  };
}

async function stock({ projection }: ViewRoutesOptions, url: URL): Promise<HttpAnswer> {
  const [chain, store] = [idIn(url, 'chain'), idIn(url, 'store')];
  const item = url.searchParams.get('item') ?? undefined;
  const limit = limitIn(url);
  const after = afterIn(url);
  const where = {
    ...(chain !== undefined && { chain }),
    ...(store !== undefined && { store }),
    ...(item !== undefined && { item }),
    ...(after !== undefined && { after }),
  };
  const rows = await projection.ask({ call: 'stock', ...where, limit });
  const reserved = await reservedIn(projection, rows);
  const listed = rows.map((row) => ({
    ...{
      ...row,
      reserved: reserved.get(placeOf(row.chain, stockPool(row.store, row.itemId))) ?? '0',
    },
  }));
  const last = rows.at(-1);
  const next =
    rows.length < limit || last === undefined
      ? null
      : [last.chain, last.store, last.itemId].join('/');
  return jsonAnswer(200, { stock: listed, next });
}

/** Thousandths of the unit that stores hold for somebody and have not handed out, by pool. */
async function reservedIn(
  projection: ViewRoutesOptions['projection'],
  rows: readonly StockRow[],
): Promise<Map<string, string>> {
  const reserved = new Map<string, string>();
  const stores = new Map(rows.map(({ chain, store }) => [placeOf(chain, store), { chain, store }]));
  for (const { chain, store } of stores.values()) {
    const of = { chain, pool: `stock:${store}/`, isPrefix: true, limit: POOLS_MAX };
    for (const row of await projection.ask({ call: 'pools', ...of })) {
      const held = BigInt(row.drawn) - BigInt(row.released) - BigInt(row.collected);
      reserved.set(placeOf(chain, row.pool), String(held));
    }
  }
  return reserved;
}

const placeOf = (chain: string, name: string): string => `${chain} ${name}`;

async function member(options: ViewRoutesOptions, url: URL): Promise<HttpAnswer> {
  const memberId = namedIn(url, '/api/members/');
  const points = await balances(options, url, { pool: pointsPool(memberId), isPrefix: false });
  if (points.length === 0) throw notFound(`No store knows points of ${memberId}.`);
  return jsonAnswer(200, {
    memberId,
    points: points.map(({ chain, supplied, credited: earned, spent, balance, uses }) => ({
      ...{ chain, supplied, earned, spent, balance, uses },
    })),
  });
}

async function account(options: ViewRoutesOptions, url: URL): Promise<HttpAnswer> {
  const accountId = namedIn(url, '/api/accounts/');
  const prefix = `storedValue:${accountId}/`;
  const rows = await balances(options, url, { pool: prefix, isPrefix: true });
  if (rows.length === 0) throw notFound(`No store knows an account ${accountId}.`);
  return jsonAnswer(200, {
    accountId,
    balances: rows.map(({ pool, credited: paidIn, ...row }) => ({
      ...{ currency: pool.slice(prefix.length), paidIn, ...row },
    })),
  });
}

type Balance = {
  chain: string;
  pool: string;
  /** What headquarters has put in. */
  supplied: string;
  credited: string;
  spent: string;
  balance: string;
  uses: number;
};

async function balances(
  options: ViewRoutesOptions,
  url: URL,
  of: { pool: string; isPrefix: boolean },
): Promise<Balance[]> {
  const chain = idIn(url, 'chain');
  const where = { ...of, ...(chain !== undefined && { chain }) };
  const rows = await options.projection.ask({ call: 'pools', ...where, limit: ROWS_MAX });
  const listed: Balance[] = [];
  for (const row of rows) {
    const supply = await documentOf(options, row.chain, ['supply', row.pool]);
    const supplied = BigInt(typeof supply?.['amount'] === 'number' ? supply['amount'] : 0);
    const spent = BigInt(row.drawn) + BigInt(row.policy) - BigInt(row.released);
    listed.push({
      ...{ chain: row.chain, pool: row.pool, supplied: String(supplied) },
      ...{ credited: row.credited, spent: String(spent) },
      balance: String(supplied + BigInt(row.credited) - spent),
      uses: row.uses,
    });
  }
  return listed;
}

async function coupon(options: ViewRoutesOptions, url: URL): Promise<HttpAnswer> {
  const couponId = namedIn(url, '/api/coupons/');
  const chain = idIn(url, 'chain');
  const read = (pool: string, isPrefix: boolean): Promise<PoolRow[]> =>
    options.projection.ask({
      ...{ call: 'pools', pool, isPrefix, limit: POOLS_MAX },
      ...(chain !== undefined && { chain }),
    });
  const whole = await read(couponPool(couponId), false);
  const prefix = `${couponPool(couponId)}/`;
  const codes = await read(prefix, true);
  const chains = [...new Set([...whole, ...codes].map((row) => row.chain))].sort();
  if (chains.length === 0) throw notFound(`No store has seen a use of coupon ${couponId}.`);
  const coupons = [];
  for (const one of chains) {
    const isHere = (row: PoolRow): boolean => row.chain === one;
    const [campaign, used] = [whole.filter(isHere), codes.filter(isHere)];
    const document = await documentOf(options, one, ['coupon', couponId]);
    coupons.push({
      chain: one,
      cap: document?.['cap'] ?? null,
      uses: [...campaign, ...used].reduce((sum, { uses }) => sum + uses, 0),
      withoutRight: used.reduce((sum, { policy }) => sum + Number(policy), 0),
      codes: used.slice(0, ROWS_MAX).map(({ pool, uses }) => ({
        ...{ code: pool.slice(prefix.length), uses },
      })),
      codesUsed: used.length,
    });
  }
  return jsonAnswer(200, { couponId, coupons });
}

/** As the chain's feed has it now. */
async function documentOf(
  { supplies }: ViewRoutesOptions,
  chain: string,
  [collection, id]: [Collection, string],
): Promise<Record<string, unknown> | undefined> {
  const feed = supplies
    .feeds()
    .find(({ place }) => place.chain === chain && place.store === undefined);
  if (feed === undefined) return undefined;
  const body = await supplies.read((database) =>
    database.documentsOf(feed.row.generation).body(collection, id),
  );
  return body === undefined ? undefined : (JSON.parse(body) as Record<string, unknown>);
}

/** An id may hold slashes, so it comes percent-encoded or as it is. */
function conflictIdIn(url: URL, suffix: string): string {
  const path = url.pathname.slice('/api/conflicts/'.length);
  if (!path.endsWith(suffix)) throw notFound(`There is nothing at ${url.pathname}.`);
  return decoded(path.slice(0, path.length - suffix.length));
}

function resolutionIn(body: Json): { note: string; winner: number | null } {
  const { note, winner } = isJsonObject(body) ? body : {};
  const isSide = typeof winner === 'number' && Number.isSafeInteger(winner) && winner >= 0;
  if (typeof note !== 'string' || !(isSide || (winner ?? null) === null)) {
    throw new TillgateError('USAGE', 'The body is {"note": text, "winner": a side or nothing}.');
  }
  return { note, winner: isSide ? winner : null };
}

function namedIn(url: URL, prefix: string): string {
  const id = decoded(url.pathname.slice(prefix.length));
  if (DOCUMENT_ID.test(id)) return id;
  throw new TillgateError('USAGE', 'An id is 1 to 64 printable characters without a slash.');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError)
      throw new TillgateError('USAGE', 'The path is not encoded well.');
    throw error;
  }
}

function idIn(url: URL, name: string): string | undefined {
  const id = url.searchParams.get(name) ?? undefined;
  if (id === undefined || isId(id)) return id;
  throw new TillgateError('USAGE', `${name} is no id.`);
}

function limitIn(url: URL): number {
  const text = url.searchParams.get('limit') ?? String(ROWS_DEFAULT);
  const limit = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= ROWS_MAX) return limit;
  throw new TillgateError('USAGE', `limit is a whole number from 1 to ${ROWS_MAX}.`);
}

/** `chain/store/item`, as `next` said it; an item may hold slashes. */
function afterIn(url: URL): [string, string, string] | undefined {
  const text = url.searchParams.get('after');
  if (text === null) return undefined;
  const [chain = '', store = '', ...item] = text.split('/');
  return [chain, store, item.join('/')];
}

function notFound(message: string): TillgateError {
  return new TillgateError('HQ_NOT_FOUND', message);
}
