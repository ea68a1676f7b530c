/** Goal: every kind of transaction moves stock the right way, and what moves none says so. */
import t from 'tap';
import type { Json, JsonObject } from '../json/json-value.ts';
import { scaledStock, stockAmount } from './stock-amount.ts';
import { stockEffect, voidedTransaction } from './stock-effect.ts';

const ONE = 1_000_000;

function line(value: number, itemId = 'A', scale = 0): JsonObject {
  return { lineNumber: 1, itemId, quantity: { value, scale } };
}

function of(type: string, lines: JsonObject[], stock: JsonObject | null = null): JsonObject {
  return { type, lines, stock };
}

/** What happens to item A. */
function changeOf(transaction: Json, original?: Json): unknown {
  const effect = stockEffect(transaction, original);
  return effect.kind === 'nothing' ? (effect.code ?? null) : effect.amounts.get('A');
}

void t.test('which way goods go', (t) => {
  t.equal(changeOf(of('sale', [line(6)])), -6 * ONE);
  t.equal(changeOf(of('sale', [line(6), line(-1), line(2, 'B')])), -5 * ONE, 'lines add up');
  t.equal(changeOf(of('sale', [line(1_500, 'A', 3)])), -1.5 * ONE, 'a weight');
  t.equal(changeOf(of('return', [line(-2)])), 2 * ONE);
  t.equal(changeOf(of('return', [line(2)])), 2 * ONE, 'a till that writes what came back');
  t.equal(changeOf(of('return', [line(-2), line(1, 'B')])), 2 * ONE, 'an exchange');
  for (const [movement, expected] of [
    ['receipt', 3 * ONE],
    ['transferIn', 3 * ONE],
    ['transferOut', -3 * ONE],
    ['adjustment', 3 * ONE],
  ] as const) {
    t.equal(changeOf(of('adjustment', [line(3)], { movement })), expected, movement);
  }
  t.equal(changeOf(of('adjustment', [line(3)])), null, 'only money');
  t.equal(changeOf(of('cashMovement', [line(3)])), null);
  t.equal(changeOf(of('sale', [])), null);
  t.end();
});

void t.test('a void undoes what its original did', (t) => {
  const voided = of('void', [line(-6)]);
  t.equal(changeOf(voided), 6 * ONE);
  t.equal(changeOf(voided, of('sale', [line(6)])), 6 * ONE);
  t.equal(changeOf(voided, of('return', [line(6)])), -6 * ONE);
  t.equal(changeOf(voided, of('adjustment', [line(6)], { movement: 'receipt' })), -6 * ONE);
  t.equal(changeOf(voided, of('adjustment', [line(6)])), null);
  const count = of('adjustment', [line(6)], { movement: 'count' });
  t.equal(changeOf(voided, count), 'STOCK_VOID_OF_COUNT');
  t.equal(voidedTransaction({ ...voided, originalTransactionId: 'x' }), 'x');
  t.equal(voidedTransaction({ type: 'sale', originalTransactionId: 'x' }), undefined);
  t.end();
});

void t.test('a count says what there is, and for when', (t) => {
  const count = of('adjustment', [line(3), line(4)], { movement: 'count', asOf: 41 });
  t.match(stockEffect(count), { kind: 'count', asOf: 41 });
  t.equal(changeOf(count), 7 * ONE, 'two shelves');
  t.match(stockEffect(of('adjustment', [line(0)], { movement: 'count', asOf: null })), {
    ...{ kind: 'count', asOf: undefined },
  });
  t.end();
});

void t.test('what cannot be read says so', (t) => {
  for (const bad of [
    7,
    of('sale', [{ itemId: 'A', quantity: { value: 1.5, scale: 0 } }]),
    of('sale', [{ itemId: 'A', quantity: { value: 1, scale: 7 } }]),
    of('sale', [{ quantity: { value: 1, scale: 0 } }]),
    { type: 'sale', lines: {} },
  ] as Json[]) {
    t.equal(changeOf(bad), 'STOCK_ENTRY_UNREADABLE', JSON.stringify(bad));
  }
  t.end();
});

void t.test('amounts are exact, and shown with no more digits than needed', (t) => {
  t.equal(stockAmount({ value: Number.MAX_SAFE_INTEGER, scale: 0 }), 9007199254740991000000n);
  t.equal(stockAmount({ value: -0, scale: 3 }), 0);
  t.strictSame(scaledStock(12 * ONE), { value: 12, scale: 0 });
  t.strictSame(scaledStock(-1_250_000), { value: -125, scale: 2 });
  t.strictSame(scaledStock(0), { value: 0, scale: 0 });
  t.strictSame(scaledStock(1), { value: 1, scale: 6 });
  t.end();
});
