/**
 * What the desk of rights reads of the facts in right-events.ts: first sums of what was counted, by
 * gateway, pool, grant and event, with the latest that gateways asked for, then every later fact. So a
 * start reads as much as there are holders and grants that are not at rest (rights-at-rest.ts), not
 * every spend of years, and nobody has to remember which spends were counted.
 *
 * The sums cover the facts up to a number, and are moved on only here, for the one reader: never
 * between two of its pages of sums. Tables that were made again have another name, so that a reader
 * begins anew instead of missing what now has a lower number.
 */
import type { RightFact, RightFactEvent } from '../../protocol/rights/right-fact.ts';
import { restGrants } from './rights-at-rest.ts';
import type { Rested } from './rights-at-rest.ts';
import type { SqlDatabase, SqlQueries } from './sql-database.ts';

export const RIGHT_SUM_TABLES = `
CREATE TABLE IF NOT EXISTS projection.right_sums (
  number bigserial NOT NULL UNIQUE,
  chain text NOT NULL,
  pool text NOT NULL,
  store text NOT NULL,
  gateway text NOT NULL,
  event text NOT NULL,
  grant_id text NOT NULL,
  amount bigint NOT NULL,
  hq_time bigint,
  PRIMARY KEY (chain, pool, store, gateway, event, grant_id)
);
CREATE TABLE IF NOT EXISTS projection.right_sums_cover (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  seq bigint NOT NULL
);
INSERT INTO projection.right_sums_cover (seq) VALUES (0) ON CONFLICT DO NOTHING;
CREATE INDEX IF NOT EXISTS right_requests
  ON projection.right_events (seq) WHERE event = 'requested';
`;

/** Facts that are added to the sums at a time: some tenths of a second. */
const FOLD_MAX = 20_000;

/** Events of which only the newest says anything, or nothing is added up. */
const NOT_SUMMED = "('requested', 'collected')";

const FOLD = `
INSERT INTO projection.right_sums (chain, pool, store, gateway, event, grant_id, amount, hq_time)
SELECT chain, pool, store, gateway, event, grant_id, sum(amount), max(hq_time)
FROM projection.right_events
WHERE counted AND event NOT IN ${NOT_SUMMED} AND seq > $1::text::bigint AND seq <= $2::text::bigint
GROUP BY chain, pool, store, gateway, event, grant_id
ON CONFLICT (chain, pool, store, gateway, event, grant_id) DO UPDATE SET
  amount = right_sums.amount + excluded.amount,
  hq_time = greatest(right_sums.hq_time, excluded.hq_time)`;

/** What gateways asked for before somebody read is little: most was answered, or is asked again. */
const REQUESTS_MAX = 2_000;

const FACT_COLUMNS = `e.seq::text AS number, l.origin, e.idx::text AS idx, e.n::text AS n, e.chain,
  e.store, e.gateway, e.at, e.event, e.pool, e.grant_id, e.amount::text AS amount,
  e.hq_time::text AS hq_time`;

const REQUESTS = `
SELECT ${FACT_COLUMNS} FROM projection.right_events e JOIN projection.logs l USING (origin_id)
WHERE e.event = 'requested' AND e.seq <= $1::text::bigint ORDER BY e.seq DESC LIMIT $2::text::int`;

/** Where a reader is; null before anything. Both numbers are texts, as they may be large. */
export type RightCursor = { name: string; sums: string } | { name: string; seq: string } | null;

export type RightPage = {
  facts: RightFact[];
  /** They are sums: not in the order of logs, and no other page says them. */
  areSums: boolean;
  cursor: RightCursor;
  /** Grants that came to rest since the page before; the sums do not have them any more. */
  rested: Rested[];
  /** The tables were made again: all is said from the beginning. */
  isAnew: boolean;
  /** Nothing more is in custody. */
  isCurrent: boolean;
};

type Row = Record<string, unknown> & { event: RightFactEvent; hq_time: string | null } & Record<
    'number' | 'origin' | 'chain' | 'store' | 'gateway' | 'at' | 'pool' | 'grant_id' | 'amount',
    string
  > &
  Record<'idx' | 'n', string>;

/** What follows `cursor`. */
export async function readRights(
  database: SqlDatabase,
  cursor: RightCursor,
  { limit, foldMax = FOLD_MAX }: { limit: number; foldMax?: number },
): Promise<Omit<RightPage, 'isCurrent'>> {
  const named = 'SELECT name::text AS name FROM projection.right_events_name';
  const name = (await database.query<{ name: string }>(named))[0]?.name ?? '';
  const isAnew = cursor !== null && cursor.name !== name;
  if (cursor === null || isAnew) {
    await foldUpTo(database, undefined, foldMax);
    return { ...(await sumsAfter(database, { name, sums: '0' }, limit)), rested: [], isAnew };
  }
  if ('sums' in cursor) {
    return { ...(await sumsAfter(database, cursor, limit)), rested: [], isAnew };
  }
  const rested = await foldUpTo(database, cursor.seq, foldMax);
  return { ...(await factsAfter(database, cursor, limit)), rested, isAnew };
}

async function sumsAfter(
  queries: SqlQueries,
  { name, sums }: { name: string; sums: string },
  limit: number,
): Promise<Omit<RightPage, 'rested' | 'isAnew' | 'isCurrent'>> {
  const rows = await queries.query<Row>(
    `SELECT number::text AS number, '' AS origin, '-1' AS idx, '0' AS n, chain, store, gateway, '' AS at,
       event, pool, grant_id, amount::text AS amount, hq_time::text AS hq_time
     FROM projection.right_sums WHERE number > $1::text::bigint ORDER BY number LIMIT $2::text::int`,
    [sums, String(limit)],
  );
  const last = rows.at(-1)?.number;
  const isEnd = rows.length < limit || last === undefined;
  if (!isEnd) return { facts: rows.map(factOf), areSums: true, cursor: { name, sums: last } };
  const seq = await covered(queries);
  const asked = await queries.query<Row>(REQUESTS, [seq, String(REQUESTS_MAX)]);
  // The earlier ones first: the newest of a gateway for a pool is the one that counts.
  const facts = [...rows, ...asked.reverse()].map(factOf);
  return { facts, areSums: true, cursor: { name, seq } };
}

async function factsAfter(
  queries: SqlQueries,
  { name, seq }: { name: string; seq: string },
  limit: number,
): Promise<Omit<RightPage, 'rested' | 'isAnew' | 'isCurrent'>> {
  const rows = await queries.query<Row>(
    `SELECT ${FACT_COLUMNS} FROM projection.right_events e JOIN projection.logs l USING (origin_id)
     WHERE e.seq > $1::text::bigint AND e.counted ORDER BY e.seq LIMIT $2::text::int`,
    [seq, String(limit)],
  );
  return {
    facts: rows.map(factOf),
    areSums: false,
    cursor: { name, seq: rows.at(-1)?.number ?? seq },
  };
}

/** Adds facts to the sums: all of them for a reader that begins, some where it is far ahead. */
async function foldUpTo(
  database: SqlDatabase,
  read: string | undefined,
  foldMax: number,
): Promise<Rested[]> {
  const rested: Rested[] = [];
  for (;;) {
    const from = BigInt(await covered(database));
    const max = 'SELECT coalesce(max(seq), 0)::text AS seq FROM projection.right_events';
    const end = read ?? (await database.query<{ seq: string }>(max))[0]?.seq ?? '0';
    const isDue = read === undefined ? BigInt(end) > from : BigInt(end) >= from + BigInt(foldMax);
    if (!isDue) return rested;
    const to = from + BigInt(foldMax) < BigInt(end) ? from + BigInt(foldMax) : BigInt(end);
    const came = await database.transaction(async (queries) => {
      await queries.query(FOLD, [String(from), String(to)]);
      const move = 'UPDATE projection.right_sums_cover SET seq = $1::text::bigint';
      await queries.query(move, [String(to)]);
      return restGrants(queries);
    });
    // Whoever begins has read nothing of them yet.
    if (read !== undefined) rested.push(...came);
  }
}

async function covered(queries: SqlQueries): Promise<string> {
  const sql = 'SELECT seq::text AS seq FROM projection.right_sums_cover';
  return (await queries.query<{ seq: string }>(sql))[0]?.seq ?? '0';
}

/** Without its key: what was counted is told apart already. */
function factOf(row: Row): RightFact {
  const { origin, chain, store, gateway, at, event, pool, grant_id: grantId } = row;
  return {
    ...{ origin, chain, store, gateway, at, event, pool, grantId, key: '', by: '' },
    ...{ index: Number(row.idx), n: Number(row.n), amount: Number(row.amount) },
    hqTime: row.hq_time === null ? null : Number(row.hq_time),
  };
}
