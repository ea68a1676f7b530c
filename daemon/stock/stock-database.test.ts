/** Goal: the rows are bounded, all or nothing, and give back what was put, also after a restart. */
import { writeFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { StockDatabase } from './stock-database.ts';
import { openStockForReading, isStockDamage, removeStock, setStockAside } from './stock-file.ts';
import { StockReader } from './stock-reader.ts';

const at = (index: number, rank = 1): { rank: number; index: number } => ({ rank, index });

function opened(t: Test): { path: string; database: StockDatabase } {
  const path = `${t.testdir()}/stock.db`;
  const database = new StockDatabase(path);
  t.teardown(() => database.close());
  return { path, database };
}

void t.test('changes are kept behind the horizon, and no further', (t) => {
  const { database } = opened(t);
  for (const index of [1, 2, 3]) database.record('A', at(index), index);
  database.record('A', at(0, 2), 10);
  database.record('A', at(0, 2), 5);
  database.record('B', at(3), 100);
  t.strictSame(Object.fromEntries(database.changesBehind(at(1)) ?? []), { A: 20, B: 100 });
  t.strictSame(Object.fromEntries(database.changesBehind(at(0, 2)) ?? []), {});
  database.forget(at(2));
  t.equal(database.changesBehind(at(1)), undefined);
  t.strictSame(Object.fromEntries(database.changesBehind(at(2)) ?? []), { A: 18, B: 100 });
  t.end();
});

void t.test('what fails leaves nothing', (t) => {
  const { database } = opened(t);
  const stock = { total: 1, count: undefined, isKept: false };
  t.throws(() =>
    database.transact(() => {
      database.put('A', stock);
      throw new TillgateError('INTERNAL', 'on purpose');
    }),
  );
  t.equal(database.items, 0);
  t.equal(database.item('A'), undefined);
  database.transact(() => database.put('A', stock));
  t.strictSame(database.item('A'), stock);
  const count = { quantity: 7, asOf: at(3), entry: at(9), base: -2 };
  database.put('A', { ...stock, count, isKept: true });
  t.strictSame(database.item('A'), { total: 1, count, isKept: true });
  t.equal(database.items, 1);
  t.end();
});

void t.test('what was set aside is counted, and the newest are listed', (t) => {
  const { database } = opened(t);
  t.strictSame(database.listSetAside(), { count: 0, newest: [] });
  database.transact(() => {
    for (let index = 0; index < 1_100; index += 1) {
      database.setAside({ origin: 'o', index, itemId: null, code: 'STOCK_OVERFLOW' });
    }
  });
  const { count, newest } = database.listSetAside();
  t.strictSame([count, newest.length, newest[0]?.index], [1_100, 10, 1_099]);
  t.end();
});

void t.test('a reservation that has ended stays so, whatever comes back later', (t) => {
  const { path, database } = opened(t);
  const one = { reservationId: 'r1', itemId: 'A', amount: 2_000, untilMs: 50 };
  database.reserve({ ...one, state: 'held' });
  database.reserve({ ...one, reservationId: 'r2', amount: 500, untilMs: null, state: 'held' });
  t.equal(database.promised('A'), 2_500);
  t.strictSame(database.due(49, 9), []);
  t.strictSame([database.due(50, 9), database.nextDueMs()], [['r1'], 50]);
  database.reserve({ ...one, state: 'released' });
  database.reserve({ ...one, state: 'held' });
  t.strictSame([database.due(50, 9), database.nextDueMs()], [[], undefined]);
  const reader = StockReader.open(path);
  t.equal(reader?.promised('A'), 500, 'and a reader sees it');
  reader?.close();
  t.end();
});

void t.test('a file that is none is told apart, and one of another layout is begun anew', (t) => {
  const path = `${t.testdir()}/stock.db`;
  t.equal(openStockForReading(path), undefined);
  writeFileSync(path, 'this is no database at all');
  t.throws(() => new StockDatabase(path), { code: 'SQLITE_NOTADB' });
  try {
    openStockForReading(path);
  } catch (error) {
    t.ok(isStockDamage(error));
  }
  t.equal(setStockAside(path), `${path}.damaged`);
  new StockDatabase(path).close();
  t.notOk(StockReader.open(path)?.isWhole);
  removeStock(path);
  t.equal(StockReader.open(path), undefined);
  t.end();
});
