/**
 * The table of what gateways' logs say about rights: a row for each fact (protocol/rights/right-fact.ts),
 * in custody order, whatever becomes of the rest of its entry: a sale in quarantine spent what it spent.
 * Idempotent by entry and number. Feeds and headquarters' own log have no facts here.
 *
 * `counted` is false where an earlier entry said the same: a spend with that transactionId or
 * reservationId, or a grant received or given back. right-sums.ts adds the counted ones up.
 */
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { rightFactsOf } from '../../protocol/rights/right-fact.ts';
import { OWN_GRANT } from '../../protocol/rights/right-entries.ts';
import type { RightFact } from '../../protocol/rights/right-fact.ts';
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
  counted boolean NOT NULL,
  PRIMARY KEY (origin_id, idx, n)
);
CREATE INDEX IF NOT EXISTS right_events_by_chain ON projection.right_events (chain, seq);
CREATE INDEX IF NOT EXISTS right_events_by_pool ON projection.right_events (chain, pool, seq);
CREATE TABLE IF NOT EXISTS projection.right_keys (
  chain text NOT NULL,
  store text NOT NULL,
  event text NOT NULL,
  pool text NOT NULL,
  key text NOT NULL,
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  PRIMARY KEY (chain, store, event, pool, key)
);
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

const ROWS = `unnest(${ColumnBatch.placeholders(TYPES)}) WITH ORDINALITY AS x (${COLUMNS}, ord)`;

/**
 * By what an event is the same as an earlier one; null where each counts. What was earned is given back
 * along with the grant whose recall asks for it: these are two.
 */
const KEY = `CASE WHEN x.event IN ('drawn', 'policy', 'credited', 'released') THEN nullif(x.key, '')
  WHEN x.event = 'returned' AND x.grant_id = '${OWN_GRANT}' THEN '${OWN_GRANT} ' || nullif(x.key, '')
  WHEN x.event IN ('received', 'returned') THEN nullif(x.grant_id, '${OWN_GRANT}') END`;

const CLAIM = `
INSERT INTO projection.right_keys (chain, store, event, pool, key, origin_id, idx)
SELECT x.chain, x.store, x.event, x.pool, ${KEY}, x.origin_id, x.idx FROM ${ROWS}
WHERE ${KEY} IS NOT NULL ORDER BY x.ord ON CONFLICT DO NOTHING`;

const INSERT = `
INSERT INTO projection.right_events (${COLUMNS}, counted)
SELECT ${COLUMNS.split(',')
  .map((name) => `x.${name.trim()}`)
  .join(', ')},
  k.key IS NULL OR (k.origin_id = x.origin_id AND k.idx = x.idx)
FROM ${ROWS} LEFT JOIN projection.right_keys k ON k.chain = x.chain AND k.store = x.store
  AND k.event = x.event AND k.pool = x.pool AND k.key = ${KEY}
ORDER BY x.ord ON CONFLICT (origin_id, idx, n) DO NOTHING`;

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
    if (this.#batch.rowCount === 0) return;
    const params = this.#batch.params();
    await queries.query(CLAIM, params);
    await queries.query(INSERT, params);
  }
}
