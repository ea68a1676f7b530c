/**
 * What is answered to a question about stock: what is on hand by the log, what of it is promised to
 * reservations, and what may be promised here. Relies on readers that see one moment.
 */
import type { Item } from '../../protocol/feed/documents.ts';
import { STOCK_RIGHT_SCALE, isPool, stockPool } from '../../protocol/rights/pool.ts';
import type { Scaled } from '../../protocol/scaled.ts';
import { shownStock } from '../stock/shown-stock.ts';
import type { StockReader } from '../stock/stock-reader.ts';

export type StockContext = {
  stock: StockReader;
  store: string;
  /** The log that is written now. */
  origin: string;
  /** Entries of it. */
  size: number;
};

/**
 * `itemIds` are what the item may be called on a line, the likeliest first; undefined where stock
 * knows none of them and no document does.
 */
export function stockResult(
  { stock, store, origin, size }: StockContext,
  itemIds: readonly string[],
  item: Item | undefined,
): object | undefined {
  return stock.atOnce(() => {
    const known = itemIds.find((id) => stock.item(id) !== undefined);
    const itemId = known ?? item?.itemId;
    if (itemId === undefined) return undefined;
    const read = stock.size(origin);
    const pool = stockPool(store, itemId);
    const promised = isPool(pool) ? stock.promised(pool) : 0;
    return {
      itemId,
      ...(item !== undefined && { item }),
      ...shownStock(stock.item(itemId), { origin, size: read }),
      promised: scaledRight(promised),
      behind: Math.max(0, size - read),
    };
  });
}

/** With no more digits than needed. */
function scaledRight(amount: number): Scaled {
  let value = amount;
  let scale = STOCK_RIGHT_SCALE;
  while (scale > 0 && value % 10 === 0) {
    value /= 10;
    scale -= 1;
  }
  return { value, scale };
}
