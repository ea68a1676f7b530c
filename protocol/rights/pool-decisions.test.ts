import t from 'tap';
import { must } from '../must.ts';
import { PoolBook } from './pool-book.ts';
import {
  decideFence,
  decideIssue,
  decideRecall,
  decideSupply,
  decideTakeBack,
  recallable,
  takeWrite,
} from './pool-decisions.ts';
import type { Decision } from './pool-decisions.ts';
import { decideEnd, decideOnline } from './promise-decisions.ts';

const POOL = 'stock:s1/tea';
const HOLDER = { store: 's1', gateway: 'g1' };

function carryOut(book: PoolBook, decision: Decision): string[] {
  if (!decision.ok) return [decision.code];
  for (const write of decision.writes) takeWrite(book, write);
  return decision.writes.map((write) =>
    write.to === 'log' ? write.event.event : `${write.store ?? 'chain'} ${write.change.collection}`,
  );
}

function bookWith(amount: number): PoolBook {
  const book = new PoolBook('0000000a');
  carryOut(book, decideSupply(book, POOL, amount));
  return book;
}

const issue = (book: PoolBook, grantId: string, amount: number): string[] =>
  carryOut(book, decideIssue(book, { grantId, pool: POOL, holder: HOLDER, amount }));
const promise = (book: PoolBook, id: string, amount: number): string[] =>
  carryOut(book, decideOnline(book, { id, kind: 'promise', pool: POOL, amount, unique: id }));

void t.test('grants stay within the supply, and the same grant is the same', (t) => {
  const book = bookWith(10);
  t.strictSame(issue(book, 'a', 7), ['s1 grant']);
  t.strictSame(issue(book, 'a', 7), []);
  t.strictSame(issue(book, 'a', 6), ['RIGHTS_ID_TAKEN']);
  t.strictSame(issue(book, 'own', 1), ['RIGHTS_ID_TAKEN']);
  t.strictSame(issue(book, 'b', 4), ['RIGHTS_EXCEED_SUPPLY']);
  const unknown = { grantId: 'c', pool: 'points:m', holder: HOLDER, amount: 1 };
  t.strictSame(carryOut(book, decideIssue(book, unknown)), ['RIGHTS_POOL_UNKNOWN']);
  t.strictSame(carryOut(book, decideSupply(book, POOL, 6)), ['RIGHTS_OUTSTANDING']);
  t.strictSame(carryOut(book, decideSupply(book, POOL, 7)), ['chain supply']);
  t.strictSame(carryOut(book, decideSupply(book, POOL, 7)), []);
  t.end();
});

void t.test('a recall is published once; online rests come back at once', (t) => {
  const book = bookWith(100);
  issue(book, 'a', 50);
  t.strictSame(carryOut(book, decideRecall(book, 'x')), ['RIGHTS_GRANT_UNKNOWN']);
  const pool = must(book.pool(POOL), 'it has a supply');
  t.strictSame(recallable(book, pool, 's1/g1'), []);
  t.equal(recallable(book, pool, 's1/g2').length, 1);
  t.strictSame(carryOut(book, decideRecall(book, 'a')), ['s1 grant']);
  t.strictSame(carryOut(book, decideRecall(book, 'a')), []);
  t.strictSame(recallable(book, pool, 's1/g2'), []);
  t.equal(pool.available(), 50);
  promise(book, 'p', 10);
  t.equal(pool.available(), 50 - 10 - 1, 'a top-up takes a little more');
  carryOut(book, { ok: true, writes: decideTakeBack(book, pool, 40) });
  t.equal(pool.available(), 40);
  t.end();
});

void t.test('a promise is made once and ends once', (t) => {
  const book = bookWith(5);
  t.strictSame(promise(book, 'p', 3), ['chain grant', 'promised']);
  t.strictSame(promise(book, 'p', 3), []);
  t.strictSame(promise(book, 'p', 2), ['RIGHTS_ID_TAKEN']);
  t.strictSame(promise(book, 'q', 3), ['RIGHTS_EXCEED_SUPPLY']);
  t.strictSame(carryOut(book, decideEnd(book, 'q', 'released')), ['RIGHTS_PROMISE_UNKNOWN']);
  t.strictSame(carryOut(book, decideEnd(book, 'p', 'released')), ['released']);
  t.strictSame(carryOut(book, decideEnd(book, 'p', 'released')), []);
  t.strictSame(carryOut(book, decideEnd(book, 'p', 'collected')), ['RIGHTS_PROMISE_SETTLED']);
  t.strictSame(promise(book, 'r', 5), ['chain grant', 'promised'], 'what was released is used');
  t.equal(book.pool(POOL)?.available(), 0);
  t.end();
});

void t.test('a fenced gateway frees what it held, and gets nothing more', (t) => {
  const book = bookWith(5);
  issue(book, 'a', 5);
  const why = { by: 'ann', reason: 'fire' };
  t.strictSame(carryOut(book, decideFence(book, HOLDER, why)), ['fenced']);
  t.strictSame(carryOut(book, decideFence(book, HOLDER, why)), []);
  t.equal(book.pool(POOL)?.available(), 5);
  t.strictSame(issue(book, 'b', 1), ['RIGHTS_HOLDER_FENCED']);
  t.end();
});

void t.test('a new life spends nothing of what an earlier one held', (t) => {
  const book = bookWith(5);
  promise(book, 'p', 2);
  carryOut(book, decideEnd(book, 'p', 'released'));
  book.beginLife('0000000b');
  t.strictSame(promise(book, 'q', 4), ['RIGHTS_EXCEED_SUPPLY']);
  t.strictSame(promise(book, 'q', 3), ['chain grant', 'promised']);
  t.end();
});
