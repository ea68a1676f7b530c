/**
 * What stores did to points, coupons and stored value, added up over all of them, beside what
 * headquarters' feed says was put in.
 */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpAnswer, HttpRoute } from '../../platform/http/http-server.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import { couponPool, pointsPool } from '../../protocol/rights/pool.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import type { PoolRow } from '../projection/pool-reports.ts';
import type { ProjectionClient } from '../projection/projection-client.ts';
import { ROWS_MAX, idIn, namedIn, notFound } from './url-parts.ts';

export type PoolRoutesOptions = {
  projection: Pick<ProjectionClient, 'ask'>;
  supplies: Pick<FeedKeeper, 'feeds' | 'read'>;
};

/** Codes of a campaign: its sum is over all of these. */
const POOLS_MAX = 10_000;

export function poolRoutes(options: PoolRoutesOptions): Record<string, HttpRoute> {
  return {
    '/api/members/': (url) => member(options, url),
    '/api/coupons/': (url) => coupon(options, url),
    '/api/accounts/': (url) => account(options, url),
  };
}

async function member(options: PoolRoutesOptions, url: URL): Promise<HttpAnswer> {
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

async function account(options: PoolRoutesOptions, url: URL): Promise<HttpAnswer> {
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
  options: PoolRoutesOptions,
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

async function coupon(options: PoolRoutesOptions, url: URL): Promise<HttpAnswer> {
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
  { supplies }: PoolRoutesOptions,
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
