/**
 * Goal: stock on hand is what a plain sum over all effects says, in whatever order they come, and
 * deficits are told when an item goes below zero.
 */
import fc from 'fast-check';
import t from 'tap';
import { must } from '../must.ts';
import { MemoryStockRows } from './fixtures/memory-rows.ts';
import { applyStock, comparePlaces, onHand } from './stock-book.ts';
import type { StockPlace } from './stock-book.ts';
import type { StockEffect } from './stock-effect.ts';

type Step = { place: StockPlace; effect: StockEffect };

const RUNS = Number(process.env['STOCK_RUNS'] ?? 300);
const ITEM = 'A';
const at = (index: number, rank = 2): StockPlace => ({ rank, index });

function change(amount: number | bigint, isMovement = false): StockEffect {
  return { kind: 'change', isMovement, amounts: new Map([[ITEM, amount]]) };
}

function count(amount: number | bigint, asOf?: number): StockEffect {
  return { kind: 'count', asOf, amounts: new Map([[ITEM, amount]]) };
}

/** By the definition alone. */
function naive(steps: readonly Step[]): number {
  let best: { asOf: StockPlace; entry: StockPlace; quantity: number } | undefined;
  for (const { place, effect } of steps) {
    if (effect.kind !== 'count') continue;
    const index = Math.min(effect.asOf ?? place.index, place.index);
    const asOf = { rank: place.rank, index };
    const order =
      best === undefined ? 1 : comparePlaces(asOf, best.asOf) || comparePlaces(place, best.entry);
    if (order > 0) best = { asOf, entry: place, quantity: Number(effect.amounts.get(ITEM)) };
  }
  let sum = best?.quantity ?? 0;
  for (const { place, effect } of steps) {
    if (effect.kind !== 'change') continue;
    if (best === undefined || comparePlaces(place, best.asOf) > 0) {
      sum += Number(effect.amounts.get(ITEM));
    }
  }
  return sum;
}

const steps = fc
  .uniqueArray(fc.record({ rank: fc.integer({ min: 1, max: 3 }), index: fc.nat(20) }), {
    selector: ({ rank, index }) => rank * 100 + index,
    maxLength: 25,
  })
  .chain((places) =>
    fc.tuple(
      ...places.map((place) =>
        fc
          .oneof(
            fc.integer({ min: -9, max: 9 }).map((amount) => change(amount)),
            fc
              .tuple(fc.nat(30), fc.option(fc.nat(25), { nil: undefined }))
              .map(([amount, asOf]) => count(amount, asOf)),
          )
          .map((effect) => ({ place, effect })),
      ),
    ),
  );

void t.test('on hand is the plain sum, whatever the order', (t) => {
  fc.assert(
    fc.property(steps, (all) => {
      const rows = new MemoryStockRows();
      for (const { place, effect } of all) applyStock(rows, effect, place);
      const stock = rows.item(ITEM);
      return (stock === undefined ? 0 : onHand(stock)) === naive(all);
    }),
    { numRuns: RUNS },
  );
  t.end();
});

void t.test('a deficit is told once for each time that an item goes below zero', (t) => {
  const rows = new MemoryStockRows();
  const deficits = (effect: StockEffect, index: number) =>
    applyStock(rows, effect, at(index)).deficits.map((one) => one.onHand);
  t.strictSame(deficits(change(-5), 1), [], 'nobody keeps stock of it');
  t.strictSame(deficits(change(3, true), 2), [-2], 'from now on somebody does');
  t.strictSame(deficits(change(-1), 3), [], 'it is below zero already');
  t.strictSame(deficits(change(4, true), 4), []);
  t.strictSame(deficits(change(-2), 5), [-1]);
  t.strictSame(deficits(count(1), 6), []);
  t.strictSame(deficits(change(-1), 7), [], 'nothing is no deficit');
  t.strictSame(deficits(count(0, 5), 8), [], 'less fresh than the one before');
  t.strictSame(deficits(change(-1), 9), [-1]);
  t.end();
});

void t.test('what cannot be added exactly is set aside and changes nothing', (t) => {
  const rows = new MemoryStockRows();
  const codes = (effect: StockEffect, index: number) =>
    applyStock(rows, effect, at(index)).setAside.map(({ code }) => code);
  t.strictSame(codes(change(2n ** 60n), 1), ['STOCK_OVERFLOW']);
  t.strictSame(codes(change(Number.MAX_SAFE_INTEGER), 2), []);
  t.strictSame(codes(change(1), 3), ['STOCK_OVERFLOW']);
  t.strictSame(codes(count(2n ** 60n), 4), ['STOCK_OVERFLOW']);
  t.strictSame(codes(count(7), 5), []);
  t.strictSame(codes(change(-8), 6), []);
  t.match(rows.item(ITEM), { total: Number.MAX_SAFE_INTEGER - 8 });
  t.equal(onHand(must(rows.item(ITEM), 'it is there')), -1);
  t.end();
});

void t.test('a count of before what is kept is set aside, unless a fresher one is known', (t) => {
  const rows = new MemoryStockRows(at(10));
  const codes = (effect: StockEffect, index: number) =>
    applyStock(rows, effect, at(index)).setAside.map(({ code }) => code);
  t.strictSame(codes(count(7, 9), 20), ['STOCK_COUNT_TOO_OLD']);
  t.strictSame(codes(count(7, 10), 21), []);
  t.strictSame(codes(count(5, 9), 22), []);
  t.equal(rows.item(ITEM)?.count?.quantity, 7);
  t.end();
});
