/**
 * What is answered to a question about stock: what is on hand by the log, what of it is promised to
 * reservations, and what may still be promised here. Relies on readers that see one moment.
 */
import { readCode } from '../../protocol/barcode/read-code.ts';
import type { Item } from '../../protocol/feed/documents.ts';
import type { Scaled } from '../../protocol/scaled.ts';
import type { RightsView } from '../../protocol/rights/rights-view.ts';
import { spendable } from '../../protocol/rights/spend-rights.ts';
import { isPool, stockPool } from '../../protocol/rights/pool.ts';
import { scaledRight } from '../../protocol/stock/stock-amount.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { shownStock } from '../stock/shown-stock.ts';
import type { StockReader } from '../stock/stock-reader.ts';
import { failure, notFound } from './query-answer.ts';
import type { Outcome } from './query-answer.ts';
import { readQuery } from './query-schema.ts';
import type { Query } from './query-schema.ts';

/** A hundred thousand entries take some seconds. */
const RETRY_MS = 1_000;

export type StockContext = {
  /** Undefined where nothing was added up yet. */
  stock: StockReader | undefined;
  /** Undefined while the ledger cannot be read. */
  ledger: LedgerReader | undefined;
  store: string;
};

/** Whether the answer would be about a moment before the question. */
export function waitsForStock({ stock, ledger }: StockContext, payload: Uint8Array): boolean {
  const read = readQuery(payload);
  if (!read.ok || read.query.query !== 'stock') return false;
  const newest = ledger?.epochs().at(-1);
  if (stock === undefined || newest === undefined) return true;
  return !stock.isWhole || stock.size(newest.origin) < newest.size;
}

/** `item` is the document that the question means, where there is one. */
export function answerStock(
  { stock, ledger, store }: StockContext,
  query: Query,
  item: Item | undefined,
): Outcome {
  const newest = ledger?.epochs().at(-1);
  if (stock?.isWhole !== true || ledger === undefined || newest === undefined) {
    const { state, error } = failure('refused', 'QUERY_UNAVAILABLE');
    return { state, error: { ...error, retryAfterMs: RETRY_MS } };
  }
  const { origin, size } = newest;
  const { rights } = ledger;
  return stock.atOnce(() => {
    const known = namesOf(query, item).find((id) => stock.item(id) !== undefined);
    const itemId = known ?? item?.itemId;
    if (itemId === undefined) return notFound();
    const read = stock.size(origin);
    const pool = stockPool(store, itemId);
    const result = {
      itemId,
      ...(item !== undefined && { item }),
      ...shownStock(stock.item(itemId), { promised: stock.promised(itemId), origin, size: read }),
      promisable: isPool(pool) ? promisable(pool, rights) : scaledRight(0),
      behind: Math.max(0, size - read),
    };
    return { state: 'found', result };
  });
}

/** While rights are frozen nothing is promised. */
function promisable(pool: string, rights: RightsView): Scaled {
  return scaledRight(rights.state().frozen === null ? spendable(pool, rights) : 0);
}

/** Lines of sales may name an item by its id or by the code that was scanned. */
function namesOf({ id, code }: Query, item: Item | undefined): string[] {
  const names = item === undefined ? [] : [item.itemId];
  if (id !== undefined) names.push(id);
  if (code === undefined) return names;
  return [...names, ...readCode(code).readings.map((reading) => reading.code), code];
}
