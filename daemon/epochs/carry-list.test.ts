/** Goal: what is left to do about earlier epochs survives restarts, and nothing is carried for ever. */
import t from 'tap';
import { CarryList } from './carry-list.ts';

const LEFT = 'hq.example.com/acme/s0417/g1/e1';

void t.test('a fork below what was taken for headquarters’ is carried as well', (t) => {
  const list = new CarryList(t.testdir());
  list.add({ origin: LEFT, next: 9 });
  list.forkedAt(LEFT, 4);
  t.same(list.carries, [{ origin: LEFT, next: 4 }], 'to the end, for nothing was carried yet');
  list.finish(LEFT);
  list.forkedAt(LEFT, 2);
  t.same(list.carries, [{ origin: LEFT, next: 2, end: 4 }], 'the rest was carried before');
  list.forkedAt(LEFT, 3);
  t.same(list.carries, [{ origin: LEFT, next: 2, end: 4 }], 'nothing new');
  t.end();
});

void t.test('a log that is contradicted later is carried once, over restarts', (t) => {
  const folder = t.testdir();
  const list = new CarryList(folder);
  list.add({ origin: LEFT, next: 9 });
  list.finish(LEFT);
  list.fetched(LEFT);
  t.same(new CarryList(folder).fetches, [], 'all is done');
  list.doubt(LEFT, 12);
  t.same(list.fetches, [LEFT], 'headquarters is asked');
  t.same(list.carries, [], 'and nothing carried before it answered');
  list.forkedAt(LEFT, 5);
  t.same(list.carries, [{ origin: LEFT, next: 5, end: 12 }]);
  list.finish(LEFT);
  list.fetched(LEFT);
  const later = new CarryList(folder);
  t.same([later.carries, later.fetches], [[], []]);
  later.doubt(LEFT, 12);
  later.forkedAt(LEFT, 5);
  t.same(later.carries, [], 'the same contradiction again');
  later.forkedAt(LEFT, 0);
  t.same(later.carries, [{ origin: LEFT, next: 0, end: 5 }], 'another one');
  t.end();
});

void t.test('what is given up is not waited for, over restarts, and taken when it comes', (t) => {
  const folder = t.testdir();
  const list = new CarryList(folder);
  list.add({ origin: LEFT, next: 9 });
  list.finish(LEFT);
  list.giveUp();
  const later = new CarryList(folder);
  t.same([later.awaited, later.fetches], [[], [LEFT]]);
  later.add({ origin: LEFT.replace('e1', 'e2-0a0b0c0d'), next: 3 });
  t.equal(later.awaited.length, 1, 'the next time somebody has to say so again');
  later.fetched(LEFT);
  t.same(later.fetches, later.awaited);
  t.end();
});
