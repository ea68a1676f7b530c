/**
 * Stock on hand by item, from what transactions did. The result depends on the set of effects and on
 * their places in the logs, not on the order in which they come: a log that headquarters gives back is
 * added up like one that was never away.
 *
 *     on hand = what was counted + Σ changes behind the place that the count is true for
 *
 * of the count that is true for the latest place, of two for the same the later one. A change that
 * comes late, from before the count, changes nothing. Each effect is handed in once.
 *
 * For a count of an earlier place the changes since are needed: the rows keep them as far back as they
 * like, and a count of before that is set aside.
 */
import type { Exact } from '../money.ts';
import { addStock } from './stock-amount.ts';
import type { StockEffect } from './stock-effect.ts';

/** A place among all entries of a gateway: which of its logs, in their order, and where in it. */
export type StockPlace = { rank: number; index: number };

export type StockCount = {
  quantity: number;
  /** It is true for the state behind this place. */
  asOf: StockPlace;
  /** Where it stands itself. */
  entry: StockPlace;
  /** Σ of all changes up to `asOf`. */
  base: number;
};

/** Amounts in whole millionths. */
export type ItemStock = {
  /** Σ of all changes. */
  total: number;
  count: StockCount | undefined;
  /** Somebody counted, received or moved it: what is less than nothing is a deficit then. */
  isKept: boolean;
};

/** Where the state is; what `put` and `record` did is seen by the reads that follow. */
export interface StockRows {
  item(itemId: string): ItemStock | undefined;
  put(itemId: string, stock: ItemStock): void;
  record(itemId: string, place: StockPlace, change: number): void;
  /** Σ of the recorded changes behind `place`, by item; undefined where they are not all kept. */
  changesBehind(place: StockPlace): ReadonlyMap<string, Exact> | undefined;
}

export type StockSetAside = { itemId: string; code: 'STOCK_OVERFLOW' | 'STOCK_COUNT_TOO_OLD' };

export type StockOutcome = {
  changed: string[];
  /** Items that went below zero by this effect. */
  deficits: { itemId: string; onHand: number }[];
  setAside: StockSetAside[];
};

const EMPTY: ItemStock = { total: 0, count: undefined, isKept: false };

export function onHand({ total, count }: ItemStock): number {
  return count === undefined ? total : count.quantity + (total - count.base);
}

export function comparePlaces(a: StockPlace, b: StockPlace): number {
  return a.rank - b.rank || a.index - b.index;
}

/** Takes in the effect of the transaction at `place`. */
export function applyStock(rows: StockRows, effect: StockEffect, place: StockPlace): StockOutcome {
  const outcome: StockOutcome = { changed: [], deficits: [], setAside: [] };
  if (effect.kind === 'nothing') return outcome;
  const changes = effect.kind === 'count' ? behindCount(rows, effect.asOf, place) : undefined;
  for (const [itemId, amount] of effect.amounts) {
    const before = rows.item(itemId) ?? EMPTY;
    const after =
      changes === undefined
        ? changed(before, amount, {
            place,
            isMovement: effect.kind === 'change' && effect.isMovement,
          })
        : counted(before, amount, { ...changes, place, later: changes.sums?.get(itemId) ?? 0 });
    if (typeof after === 'string') {
      outcome.setAside.push({ itemId, code: after });
      continue;
    }
    rows.put(itemId, after);
    if (changes === undefined) rows.record(itemId, place, Number(amount));
    outcome.changed.push(itemId);
    const isNew = !before.isKept || onHand(before) >= 0;
    if (after.isKept && isNew && onHand(after) < 0) {
      outcome.deficits.push({ itemId, onHand: onHand(after) });
    }
  }
  return outcome;
}

type Behind = { asOf: StockPlace; sums: ReadonlyMap<string, Exact> | undefined };

function behindCount(rows: StockRows, index: number | undefined, place: StockPlace): Behind {
  const { rank } = place;
  const asOf = index === undefined || index > place.index ? place : { rank, index };
  return { asOf, sums: rows.changesBehind(asOf) };
}

function changed(
  stock: ItemStock,
  amount: Exact,
  { place, isMovement }: { place: StockPlace; isMovement: boolean },
): ItemStock | 'STOCK_OVERFLOW' {
  const total = addStock(stock.total, amount);
  if (total === undefined) return 'STOCK_OVERFLOW';
  const { count } = stock;
  const isBefore = count !== undefined && comparePlaces(place, count.asOf) <= 0;
  const base = isBefore ? addStock(count.base, amount) : count?.base;
  if (isBefore && base === undefined) return 'STOCK_OVERFLOW';
  return bounded({
    ...{ total, isKept: stock.isKept || isMovement },
    count: count && { ...count, base: base ?? count.base },
  });
}

function counted(
  stock: ItemStock,
  amount: Exact,
  { asOf, sums, place, later }: Behind & { place: StockPlace; later: Exact },
): ItemStock | StockSetAside['code'] {
  const kept = stock.count;
  const order = kept === undefined ? 1 : comparePlaces(asOf, kept.asOf);
  // What is known already is fresher.
  if (kept !== undefined && (order < 0 || (order === 0 && comparePlaces(place, kept.entry) < 0))) {
    return { ...stock, isKept: true };
  }
  if (sums === undefined) return 'STOCK_COUNT_TOO_OLD';
  const base = typeof later === 'number' ? addStock(stock.total, -later) : undefined;
  if (typeof amount !== 'number' || base === undefined) return 'STOCK_OVERFLOW';
  return bounded({ ...stock, isKept: true, count: { quantity: amount, asOf, entry: place, base } });
}

function bounded(stock: ItemStock): ItemStock | 'STOCK_OVERFLOW' {
  const { total, count } = stock;
  const sinceCount = count === undefined ? total : total - count.base;
  const isExact = Number.isSafeInteger(sinceCount) && Number.isSafeInteger(onHand(stock));
  return isExact ? stock : 'STOCK_OVERFLOW';
}
