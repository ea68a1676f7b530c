/** How the stock of an item is shown to devices: in an answer, and as news. */
import { scaledRight, scaledStock } from '../../protocol/stock/stock-amount.ts';
import { onHand } from '../../protocol/stock/stock-book.ts';
import type { ItemStock } from '../../protocol/stock/stock-book.ts';
import type { Scaled } from '../../protocol/scaled.ts';

export type ShownStock = {
  onHand: Scaled;
  /** Whether it was ever counted, received or moved here; else only sales are known. */
  isKept: boolean;
  /** What open reservations hold. */
  promised: Scaled;
  lastCount: { quantity: Scaled; asOf: number } | null;
  /** The last entry that it is true for: what a count begun now is `asOf`. */
  asOf: { origin: string; index: number };
};

const NEVER: ItemStock = { total: 0, count: undefined, isKept: false };

export function shownStock(
  stock: ItemStock | undefined,
  /** Thousandths that are promised, and how far the newest log is read. */
  { promised, origin, size }: { promised: number; origin: string; size: number },
): ShownStock {
  const known = stock ?? NEVER;
  const { count } = known;
  return {
    onHand: scaledStock(onHand(known)),
    isKept: known.isKept,
    promised: scaledRight(promised),
    lastCount:
      count === undefined
        ? null
        : { quantity: scaledStock(count.quantity), asOf: count.asOf.index },
    asOf: { origin, index: Math.max(0, size - 1) },
  };
}
