/**
 * Grants at rest (protocol/rights/at-rest.ts) among the sums of right-sums.ts: their rows become one
 * for each pool at each gateway, event `rested`, so that what a start of the desk of rights reads, and
 * what it keeps in memory, is as much as there are grants that something may still happen to. Nothing
 * else forgets them: right_keys names each that was ever received, and answers whether one is at rest.
 */
import type { GrantAtRest } from '../../protocol/rights/at-rest.ts';
import { OWN_GRANT } from '../../protocol/rights/right-entries.ts';
import { ColumnBatch } from './column-batch.ts';
import type { SqlQueries } from './sql-database.ts';

/** Names alone do not say in which store a grant was received. */
export const AT_REST_INDEX = `
CREATE INDEX IF NOT EXISTS right_keys_received
  ON projection.right_keys (chain, key) WHERE event = 'received';
`;

const OF_GRANTS = "('received', 'drawn', 'returned')";

/** The rule of at-rest.ts, over what the sums cover. */
const REST = `
WITH grants AS (
  SELECT chain, pool, store, gateway, grant_id,
    max(amount) FILTER (WHERE event = 'received') AS received,
    max(hq_time) FILTER (WHERE event = 'received') AS ends,
    coalesce(sum(amount) FILTER (WHERE event = 'drawn'), 0) AS drawn,
    coalesce(sum(amount) FILTER (WHERE event = 'returned'), 0) AS returned
  FROM projection.right_sums WHERE event IN ${OF_GRANTS} AND grant_id <> '${OWN_GRANT}'
  GROUP BY chain, pool, store, gateway, grant_id
), rested AS (
  SELECT g.* FROM grants g
  LEFT JOIN projection.right_sums a ON a.chain = g.chain AND a.pool = '' AND a.store = g.store
    AND a.gateway = g.gateway AND a.event = 'anchor' AND a.grant_id = ''
  WHERE g.received IS NOT NULL AND (g.drawn + g.returned >= g.received OR a.hq_time >= g.ends)
), gone AS (
  DELETE FROM projection.right_sums s USING rested r
  WHERE s.chain = r.chain AND s.pool = r.pool AND s.store = r.store AND s.gateway = r.gateway
    AND s.grant_id = r.grant_id AND s.event IN ${OF_GRANTS}
), summed AS (
  INSERT INTO projection.right_sums (chain, pool, store, gateway, event, grant_id, amount)
  SELECT chain, pool, store, gateway, 'rested', '', sum(drawn) FROM rested
  GROUP BY chain, pool, store, gateway
  ON CONFLICT (chain, pool, store, gateway, event, grant_id)
  DO UPDATE SET amount = right_sums.amount + excluded.amount
)
SELECT chain, pool, grant_id AS "grantId" FROM rested`;

export type Rested = { chain: string; pool: string; grantId: string };

/** Within the transaction that moves the sums on. */
export function restGrants(queries: SqlQueries): Promise<Rested[]> {
  return queries.query<Rested>(REST);
}

export type AtRestAnswer = {
  /** Of the tables, as cursors have it: others may have other grants at rest. */
  name: string;
  grants: GrantAtRest[];
};

const TYPES = ['text'];
/** By the index for each name: OFFSET keeps the planner from reading every name there ever was. */
const FIND = `
SELECT e.grant_id, e.pool, e.store, e.gateway, e.amount::text AS amount, e.hq_time::text AS ends
FROM unnest(${ColumnBatch.placeholders(TYPES)}) AS b (grant_id)
CROSS JOIN LATERAL (
  SELECT * FROM projection.right_keys k
  WHERE k.chain = $2::text AND k.key = b.grant_id AND k.event = 'received' OFFSET 0
) k
CROSS JOIN LATERAL (
  SELECT r.*, (
    SELECT true FROM projection.right_sums s WHERE s.chain = r.chain AND s.pool = r.pool
      AND s.store = r.store AND s.gateway = r.gateway AND s.event = 'received'
      AND s.grant_id = r.grant_id
  ) AS has_sums
  FROM projection.right_events r WHERE r.origin_id = k.origin_id AND r.idx = k.idx
    AND r.event = 'received' AND r.grant_id = k.key AND r.pool = k.pool OFFSET 0
) e
WHERE e.seq <= (SELECT seq FROM projection.right_sums_cover) AND e.has_sums IS NULL`;

type Row = Record<'grant_id' | 'pool' | 'store' | 'gateway' | 'amount', string> & {
  ends: string | null;
};

/** Which of these grants of a chain are at rest. */
export async function readAtRest(
  queries: SqlQueries,
  chain: string,
  grantIds: readonly string[],
): Promise<AtRestAnswer> {
  const named = 'SELECT name::text AS name FROM projection.right_events_name';
  const name = (await queries.query<{ name: string }>(named))[0]?.name ?? '';
  const batch = new ColumnBatch(TYPES.length);
  for (const grantId of grantIds) batch.add(grantId);
  const rows = await queries.query<Row>(FIND, [...batch.params(), chain]);
  const grants = rows.map(({ grant_id: grantId, pool, store, gateway, amount, ends }) => ({
    ...{ grantId, pool, store, gateway, amount: Number(amount) },
    ends: ends === null ? null : Number(ends),
  }));
  return { name, grants };
}
