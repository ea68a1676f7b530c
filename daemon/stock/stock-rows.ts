/** How an item stands in stock.db. */
import type { ItemStock } from '../../protocol/stock/stock-book.ts';

/** What open reservations hold of an item. */
export const PROMISED =
  "SELECT total(amount) FROM reservation WHERE item_id = ? AND state = 'held'";

export type ItemRow = {
  item_id: string;
  total: number;
  is_kept: number;
  quantity: number | null;
  as_of_rank: number;
  as_of_index: number;
  entry_rank: number;
  entry_index: number;
  base: number;
};

export function readItem(row: ItemRow): ItemStock {
  const { total, quantity, base } = row;
  const count =
    quantity === null
      ? undefined
      : {
          ...{ quantity, base },
          asOf: { rank: row.as_of_rank, index: row.as_of_index },
          entry: { rank: row.entry_rank, index: row.entry_index },
        };
  return { total, isKept: row.is_kept === 1, count };
}
