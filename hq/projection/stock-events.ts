/**
 * What moves stock: each line of a counted transaction, once, in millionths of the item's unit, so
 * that every scale adds up exactly. Which way it goes is what the gateway says too
 * (protocol/stock/stock-effect.ts); a void goes the way of what it voids, which may come later from
 * another log, so it is told apart when it is read. A count is no movement: it says how much there was
 * as of an entry of its log (stock-reports.ts).
 */
import { stockDirection } from '../../protocol/stock/stock-effect.ts';
import type { Transaction } from '../../protocol/transaction/schema.ts';
import type { JsonObject } from '../../protocol/json/json-value.ts';
import type { EntryHeader } from '../../protocol/log/entry.ts';
import { ColumnBatch } from './column-batch.ts';
import type { SqlQueries } from './sql-database.ts';

export const STOCK_TABLES = `
CREATE TABLE IF NOT EXISTS projection.stock_events (
  chain text NOT NULL,
  store text NOT NULL,
  item_id text NOT NULL,
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  line_number bigint NOT NULL,
  hlc text NOT NULL,
  transaction_id uuid NOT NULL,
  moves text NOT NULL CHECK (moves IN ('in', 'out', 'count', 'void')),
  quantity numeric NOT NULL,
  unit text,
  as_of bigint,
  voids uuid,
  PRIMARY KEY (origin_id, idx, line_number)
);
CREATE INDEX IF NOT EXISTS stock_events_by_item
  ON projection.stock_events (chain, store, item_id);
CREATE INDEX IF NOT EXISTS stock_events_by_transaction
  ON projection.stock_events (transaction_id);
`;

/** Decimal places of `quantity`: the largest scale of a transaction. */
export const STOCK_SCALE = 6;

const TYPES = [
  'text', 'text', 'uuid', 'text', 'int', 'bigint', 'bigint', 'text', 'text', 'numeric', 'text',
  'bigint', 'uuid',
]; // prettier-ignore

/** Only the entry that counts for its id, so that copies of a log move nothing again. */
const INSERT = `
INSERT INTO projection.stock_events (chain, store, transaction_id, item_id, origin_id, idx,
  line_number, hlc, moves, quantity, unit, as_of, voids)
SELECT chain, store, transaction_id, x.item_id, x.origin_id, x.idx, x.line_number, x.hlc, x.moves,
  x.quantity, x.unit, x.as_of, x.voids
FROM unnest(${ColumnBatch.placeholders(TYPES)}) AS x (chain, store, transaction_id, item_id,
  origin_id, idx, line_number, hlc, moves, quantity, unit, as_of, voids)
JOIN projection.counted_sales c USING (chain, store, transaction_id)
WHERE c.origin_id = x.origin_id AND c.idx = x.idx`;

export class StockRows {
  readonly #batch = new ColumnBatch(TYPES.length);

  add(
    at: { chain: string; store: string; originId: string; index: number },
    header: EntryHeader,
    content: Transaction,
  ): void {
    const moves = content.type === 'void' ? 'void' : stockDirection(content as JsonObject);
    if (moves === 'none' || content.training === true) return;
    const voids = moves === 'void' ? content.originalTransactionId : undefined;
    const asOf = moves === 'count' ? asOfIn(content, at.index) : undefined;
    const { chain, store, originId, index } = at;
    for (const { lineNumber, itemId, quantity } of content.lines ?? []) {
      const { value, scale, unit } = quantity as { value: number; scale: number; unit?: string };
      const millionths = BigInt(value) * 10n ** BigInt(STOCK_SCALE - scale);
      this.#batch.add(
        chain, store, content.transactionId, itemId, originId, index, lineNumber, header.hlc,
        moves, millionths, unit, asOf, voids,
      ); // prettier-ignore
    }
  }

  async write(queries: SqlQueries): Promise<void> {
    if (this.#batch.rowCount > 0) await queries.query(INSERT, this.#batch.params());
  }
}

/** Of a count: the entry of its log that it is true for, never one behind it. */
function asOfIn(content: Transaction, index: number): number {
  const asOf = content.stock?.asOf ?? index;
  return Math.min(asOf, index);
}
