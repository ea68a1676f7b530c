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
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { stockPool } from '../../protocol/rights/pool.ts';
import type { ConflictDesk } from '../conflicts/conflict-desk.ts';
import type { StockRow } from '../projection/stock-reports.ts';
import { poolRoutes } from './pool-routes.ts';
import type { PoolRoutesOptions } from './pool-routes.ts';
import { decoded, idIn, limitIn, notFound } from './url-parts.ts';

export type ViewRoutesOptions = PoolRoutesOptions & { conflicts: { desk: ConflictDesk } };

/** Items of a store of which some are reserved. */
const POOLS_MAX = 10_000;

export function viewRoutes(options: ViewRoutesOptions): Record<string, HttpRoute | HttpMethods> {
  const { desk } = options.conflicts;
  return {
    '/api/stock': (url) => stock(options, url),
    ...poolRoutes(options),
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

/** `chain/store/item`, as `next` said it; an item may hold slashes. */
function afterIn(url: URL): [string, string, string] | undefined {
  const text = url.searchParams.get('after');
  if (text === null) return undefined;
  const [chain = '', store = '', ...item] = text.split('/');
  return [chain, store, item.join('/')];
}
