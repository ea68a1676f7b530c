/**
 * What all stores did to pools: points, uses of coupons, stored value, promised stock. A spend counts
 * once for its transaction or reservation, as the entry says that came first in custody order, however
 * many copies of a log say it again. What headquarters has put into a pool itself is not in logs of
 * gateways, and so not here.
 */
import type { SqlQueries } from './sql-database.ts';

/** Pools are looked for by how they begin, byte by byte. */
export const POOL_INDEX = `
CREATE INDEX IF NOT EXISTS right_events_by_prefix
  ON projection.right_events (chain, pool text_pattern_ops);
`;

export type PoolRow = {
  chain: string;
  pool: string;
  /** Earned or paid in; whole numbers of the pool's smallest unit, as decimal text. */
  credited: string;
  /** Spent or held from rights. */
  drawn: string;
  /** Spent without a right. */
  policy: string;
  /** Held, and given up again. */
  released: string;
  /** Held, and handed out. */
  collected: string;
  /** Transactions and reservations that spent. */
  uses: number;
};

export type PoolQuery = {
  /** Every chain without it. */
  chain?: string;
  /** One pool, and with `isPrefix` all that begin so. */
  pool: string;
  isPrefix: boolean;
  limit: number;
};

const POOLS = `
WITH facts AS (
  SELECT * FROM projection.right_events
  WHERE ($1::text IS NULL OR chain = $1::text) AND key <> ''
    AND event IN ('credited', 'drawn', 'policy', 'released', 'collected')
    AND (pool = $2::text OR ($3::text IS NOT NULL AND pool ~>=~ $2::text AND pool ~<~ $3::text))
), firsts AS (
  SELECT DISTINCT ON (chain, store, pool, event, key) chain, store, pool, event, key, origin_id, idx
  FROM facts ORDER BY chain, store, pool, event, key, seq
)
SELECT chain, pool,
  coalesce(sum(amount) FILTER (WHERE event = 'credited'), 0)::text AS credited,
  coalesce(sum(amount) FILTER (WHERE event = 'drawn'), 0)::text AS drawn,
  coalesce(sum(amount) FILTER (WHERE event = 'policy'), 0)::text AS policy,
  coalesce(sum(amount) FILTER (WHERE event = 'released'), 0)::text AS released,
  coalesce(sum(amount) FILTER (WHERE event = 'collected'), 0)::text AS collected,
  count(DISTINCT store || '/' || key) FILTER (WHERE event IN ('drawn', 'policy'))::text AS uses
FROM facts JOIN firsts USING (chain, store, pool, event, key, origin_id, idx)
GROUP BY chain, pool ORDER BY chain, pool LIMIT $4::text::int`;

export async function readPools(queries: SqlQueries, query: PoolQuery): Promise<PoolRow[]> {
  const { chain, pool, isPrefix, limit } = query;
  const end = isPrefix ? afterPrefix(pool) : null;
  const rows = await queries.query<Omit<PoolRow, 'uses'> & { uses: string }>(POOLS, [
    ...[chain ?? null, pool, end, String(limit)],
  ]);
  return rows.map((row) => ({ ...row, uses: Number(row.uses) }));
}

/** The first text behind all that begin with `prefix`, which is ASCII and not empty. */
function afterPrefix(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}
