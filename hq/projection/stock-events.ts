/**
 * What moves stock: each line of a counted transaction, once, in millionths of the item's unit, so
 * that every scale adds up exactly. A sale takes away, so do its return and void with their negated
 * quantities; an adjustment says with its member `stock` what it was. A count is no movement: it says
 * how much there was as of an entry of its log, and what is above that is added to it
 * (stock-reports.ts).
 */
import type { Transaction } from '../../protocol/transaction/schema.ts';
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
  movement text NOT NULL,
  quantity numeric NOT NULL,
  unit text,
  as_of bigint,
  PRIMARY KEY (origin_id, idx, line_number)
);
CREATE INDEX IF NOT EXISTS stock_events_by_item
  ON projection.stock_events (chain, store, item_id);
`;

/** Decimal places of `quantity`: the largest scale of a transaction. */
export const STOCK_SCALE = 6;

const TYPES = [
  'text', 'text', 'uuid', 'text', 'int', 'bigint', 'bigint', 'text', 'text', 'numeric', 'text',
  'bigint',
]; // prettier-ignore

/** Only the entry that counts for its id, so that copies of a log move nothing again. */
const INSERT = `
INSERT INTO projection.stock_events (chain, store, item_id, origin_id, idx, line_number, hlc,
  movement, quantity, unit, as_of)
SELECT x.chain, x.store, x.item_id, x.origin_id, x.idx, x.line_number, x.hlc, x.movement,
  x.quantity, x.unit, x.as_of
FROM unnest(${ColumnBatch.placeholders(TYPES)}) AS x (chain, store, transaction_id, item_id,
  origin_id, idx, line_number, hlc, movement, quantity, unit, as_of)
JOIN projection.counted_sales c USING (chain, store, transaction_id)
WHERE c.origin_id = x.origin_id AND c.idx = x.idx`;

const TAKING: ReadonlySet<string> = new Set(['sale', 'return', 'void']);
/** What an adjustment may be; anything else of a later release moves nothing here. */
const GIVING: ReadonlySet<string> = new Set(['receipt', 'transferIn', 'adjustment', 'count']);

type Movement = { movement: string; sign: 1n | -1n; asOf: number | undefined };

export class StockRows {
  readonly #batch = new ColumnBatch(TYPES.length);

  add(
    at: { chain: string; store: string; originId: string; index: number },
    header: EntryHeader,
    content: Transaction,
  ): void {
    const moved = movementOf(content);
    if (moved === undefined || content.training === true) return;
    const { chain, store, originId, index } = at;
    for (const { lineNumber, itemId, quantity } of content.lines ?? []) {
      const { value, scale, unit } = quantity as { value: number; scale: number; unit?: string };
      const millionths = BigInt(value) * 10n ** BigInt(STOCK_SCALE - scale) * moved.sign;
      this.#batch.add(
        chain, store, content.transactionId, itemId, originId, index, lineNumber, header.hlc,
        moved.movement, millionths, unit, moved.asOf,
      ); // prettier-ignore
    }
  }

  async write(queries: SqlQueries): Promise<void> {
    if (this.#batch.rowCount > 0) await queries.query(INSERT, this.#batch.params());
  }
}

/** Read with care: a release before the member wrote none, and a later one may write more. */
function movementOf(content: Transaction): Movement | undefined {
  if (TAKING.has(content.type)) return { movement: content.type, sign: -1n, asOf: undefined };
  if (content.type !== 'adjustment') return undefined;
  const stock = (content as Record<string, unknown>)['stock'];
  if (typeof stock !== 'object' || stock === null) return undefined;
  const { movement, asOf } = stock as Record<string, unknown>;
  if (movement === 'transferOut') return { movement, sign: -1n, asOf: undefined };
  if (typeof movement !== 'string' || !GIVING.has(movement)) return undefined;
  const isIndex = typeof asOf === 'number' && Number.isSafeInteger(asOf) && asOf >= 0;
  return { movement, sign: 1n, asOf: isIndex ? asOf : undefined };
}
