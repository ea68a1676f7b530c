/**
 * Stock on hand as headquarters sums it up: the count of an item in a store that is true for the
 * latest moment and what moved since, or all that ever moved. In the log of the count, since is by its entries; in other logs of
 * the store it is by the hybrid clock, because no entry of one log is before or after that of another.
 */
import type { SqlQueries } from './sql-database.ts';
import { STOCK_SCALE } from './stock-events.ts';

export type StockRow = {
  chain: string;
  store: string;
  itemId: string;
  /** Decimal text, in the item's unit. */
  onHand: string;
  unit: string | null;
  /** The entry of the newest count; null where nobody counted. */
  countedAt: { origin: string; index: number } | null;
  /** Lines that it is a sum of. */
  events: number;
};

export type StockQuery = {
  chain?: string;
  store?: string;
  item?: string;
  /** Items come in the order of chain, store and id, from behind this one on. */
  after?: [chain: string, store: string, item: string];
  limit: number;
};

/** The lines of one count add up: an item lies in several places of a store. */
const ON_HAND = `
WITH wanted AS (
  SELECT * FROM projection.stock_events
  WHERE ($1::text IS NULL OR chain = $1::text) AND ($2::text IS NULL OR store = $2::text)
    AND ($3::text IS NULL OR item_id = $3::text)
    AND ($4::text IS NULL OR (chain, store, item_id) > ($4::text, $5::text, $6::text))
), items AS (
  SELECT DISTINCT chain, store, item_id FROM wanted
  ORDER BY chain, store, item_id LIMIT $7::text::int
), events AS (
  SELECT wanted.* FROM wanted JOIN items USING (chain, store, item_id)
), of_logs AS (
  SELECT DISTINCT ON (chain, store, item_id, origin_id) chain, store, item_id, origin_id, idx, hlc,
    as_of
  FROM events WHERE moves = 'count'
  ORDER BY chain, store, item_id, origin_id, as_of DESC, idx DESC
), counts AS (
  SELECT DISTINCT ON (chain, store, item_id) * FROM of_logs
  ORDER BY chain, store, item_id, hlc DESC, origin_id DESC
)
SELECT e.chain, e.store, e.item_id, max(e.unit) AS unit,
  sum(e.quantity * CASE e.moves WHEN 'in' THEN 1 WHEN 'count' THEN 1 WHEN 'out' THEN -1 ELSE
    CASE (SELECT o.moves FROM projection.stock_events o WHERE o.transaction_id = e.voids
      AND o.chain = e.chain AND o.store = e.store LIMIT 1)
    WHEN 'in' THEN 1 WHEN 'count' THEN 0 ELSE -1 END END)::text AS millionths,
  count(*)::text AS events,
  max(l.origin) AS count_origin, max(c.idx)::text AS count_index
FROM events e
LEFT JOIN counts c USING (chain, store, item_id)
LEFT JOIN projection.logs l ON l.origin_id = c.origin_id
WHERE c.idx IS NULL
  OR (e.moves = 'count' AND e.origin_id = c.origin_id AND e.idx = c.idx)
  OR (e.moves <> 'count' AND CASE WHEN e.origin_id = c.origin_id THEN e.idx > c.as_of
    ELSE e.hlc > c.hlc END)
GROUP BY e.chain, e.store, e.item_id ORDER BY e.chain, e.store, e.item_id`;

export async function readStock(queries: SqlQueries, query: StockQuery): Promise<StockRow[]> {
  const { chain, store, item, after, limit } = query;
  const rows = await queries.query<{
    chain: string;
    store: string;
    item_id: string;
    unit: string | null;
    millionths: string;
    events: string;
    count_origin: string | null;
    count_index: string | null;
  }>(ON_HAND, [
    ...[chain ?? null, store ?? null, item ?? null],
    ...(after ?? [null, null, null]),
    String(limit),
  ]);
  return rows.map(({ item_id: itemId, millionths, events, count_origin, count_index, ...row }) => ({
    ...{ ...row, itemId, onHand: decimal(BigInt(millionths)), events: Number(events) },
    countedAt: count_origin === null ? null : { origin: count_origin, index: Number(count_index) },
  }));
}

/** Without zeros behind the point that say nothing. */
function decimal(millionths: bigint): string {
  const digits = (millionths < 0n ? -millionths : millionths)
    .toString()
    .padStart(STOCK_SCALE + 1, '0');
  const whole = digits.slice(0, -STOCK_SCALE);
  const part = digits.slice(-STOCK_SCALE).replace(/0+$/, '');
  return `${millionths < 0n ? '-' : ''}${whole}${part === '' ? '' : `.${part}`}`;
}
