/**
 * The table of what gateways' logs say about rights: a row for each fact (protocol/rights/right-fact.ts),
 * in custody order, whatever becomes of the rest of its entry: a sale in quarantine spent what it spent.
 * Idempotent by entry and number. Feeds and headquarters' own log have no facts here.
 *
 * A reader follows it by `seq`. Tables that were made again have another name, so that a reader begins
 * anew instead of missing what now has a lower number.
 */
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { rightFactsOf } from '../../protocol/rights/right-fact.ts';
import type { RightFact, RightFactEvent } from '../../protocol/rights/right-fact.ts';
import { ColumnBatch } from './column-batch.ts';
import type { SqlQueries } from './sql-database.ts';

export const RIGHT_EVENT_TABLES = `
CREATE TABLE IF NOT EXISTS projection.right_events (
  seq bigserial NOT NULL UNIQUE,
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  n integer NOT NULL,
  chain text NOT NULL,
  store text NOT NULL,
  gateway text NOT NULL,
  at text NOT NULL,
  event text NOT NULL,
  pool text NOT NULL,
  grant_id text NOT NULL,
  amount bigint NOT NULL,
  key text NOT NULL,
  by text NOT NULL,
  hq_time bigint,
  PRIMARY KEY (origin_id, idx, n)
);
CREATE INDEX IF NOT EXISTS right_events_by_chain ON projection.right_events (chain, seq);
CREATE INDEX IF NOT EXISTS right_events_by_pool ON projection.right_events (chain, pool, seq);
CREATE TABLE IF NOT EXISTS projection.right_events_name (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  name uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO projection.right_events_name DEFAULT VALUES ON CONFLICT DO NOTHING;
`;

const TYPES = [
  'int', 'bigint', 'int', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'text',
  'text', 'bigint',
]; // prettier-ignore
const COLUMNS = `origin_id, idx, n, chain, store, gateway, at, event, pool, grant_id, amount, key, by,
  hq_time`;

const INSERT = `
INSERT INTO projection.right_events (${COLUMNS})
SELECT * FROM unnest(${ColumnBatch.placeholders(TYPES)}) ON CONFLICT (origin_id, idx, n) DO NOTHING`;

/** What an entry with facts has in its header; others are not decoded for it. */
const MARKS = ['"rights":{', '"kind":"grant"', '"kind":"anchor"'];
const LF = 0x0a;

/** The facts of a leaf; none of one that cannot be read. */
export function rightFactsOfLeaf(origin: string, index: number, leaf: Uint8Array): RightFact[] {
  const end = leaf.indexOf(LF);
  const header = Buffer.from(leaf.buffer, leaf.byteOffset, end === -1 ? leaf.length : end);
  if (!MARKS.some((mark) => header.includes(mark, 0, 'latin1'))) return [];
  if (isHqLogOrigin(origin) || isFeedOrigin(origin)) return [];
  const { chain, store, gateway } = parseOrigin(origin);
  try {
    return rightFactsOf({ origin, index, chain, store, gateway, header: decodeEntry(leaf).header });
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return [];
    throw error;
  }
}

/** The rows of one transaction of the database. */
export class RightRows {
  readonly #batch = new ColumnBatch(TYPES.length);

  add(originId: string, facts: readonly RightFact[]): void {
    for (const fact of facts) {
      const { index, n, chain, store, gateway, at, event, pool, grantId, amount } = fact;
      this.#batch.add(
        originId, index, n, chain, store, gateway, at, event, pool, grantId, amount, fact.key,
        fact.by, fact.hqTime,
      ); // prettier-ignore
    }
  }

  async write(queries: SqlQueries): Promise<void> {
    if (this.#batch.rowCount > 0) await queries.query(INSERT, this.#batch.params());
  }
}

/** Where a reader is; null before anything. */
export type RightCursor = { name: string; seq: string } | null;

export type RightPage = {
  facts: RightFact[];
  cursor: RightCursor;
  /** The tables were made again: what follows is said from the beginning. */
  isAnew: boolean;
  /** Nothing more is in custody. */
  isCurrent: boolean;
};

type Row = Record<string, unknown> & {
  seq: string;
  event: RightFactEvent;
  by: RightFact['by'];
} & Record<'origin' | 'chain' | 'store' | 'gateway' | 'at' | 'pool' | 'grant_id' | 'key', string> &
  Record<'idx' | 'n' | 'amount', string> & { hq_time: string | null };

/** What follows `cursor`, in custody order. */
export async function readRightFacts(
  queries: SqlQueries,
  cursor: RightCursor,
  limit: number,
): Promise<Omit<RightPage, 'isCurrent'>> {
  const named = 'SELECT name::text AS name FROM projection.right_events_name';
  const name = (await queries.query<{ name: string }>(named))[0]?.name ?? '';
  const isAnew = cursor !== null && cursor.name !== name;
  const after = cursor === null || isAnew ? '0' : cursor.seq;
  const rows = await queries.query<Row>(
    `SELECT seq::text AS seq, l.origin, e.idx::text AS idx, e.n::text AS n, e.chain, e.store, e.gateway,
       e.at, e.event, e.pool, e.grant_id, e.amount::text AS amount, e.key, e.by,
       e.hq_time::text AS hq_time
     FROM projection.right_events e JOIN projection.logs l USING (origin_id)
     WHERE e.seq > $1::text::bigint ORDER BY e.seq LIMIT $2::text::int`,
    [after, String(limit)],
  );
  return { facts: rows.map(factOf), cursor: { name, seq: rows.at(-1)?.seq ?? after }, isAnew };
}

function factOf(row: Row): RightFact {
  const { origin, chain, store, gateway, at, event, pool, grant_id: grantId, key, by } = row;
  return {
    ...{ origin, chain, store, gateway, at, event, pool, grantId, key, by },
    ...{ index: Number(row.idx), n: Number(row.n), amount: Number(row.amount) },
    hqTime: row.hq_time === null ? null : Number(row.hq_time),
  };
}
