/**
 * Goal: stock is what the log says, each transaction once, through crashes, copies of the log and
 * entries that headquarters gives back. Method: a real ledger, and the follower step by step.
 */
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { carryOver } from '../epochs/tail-carrier.ts';
import { ORIGIN, uuid } from '../ledger/ledger-fixtures.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { must } from '../../protocol/must.ts';
import { DEFICIT_EVENT } from './stock-entry.ts';
import { StockFollower } from './stock-follower.ts';
import { entriesOf, line, moved, sold, StockLab } from '../../test/support/stock-lab.ts';

const SECOND = ORIGIN.replace('e1', 'e2-01234567');

void t.test('on hand follows the log, and only what counts in it', (t) => {
  const lab = new StockLab(t);
  lab.book('r', moved({ movement: 'receipt' }, 'A', 10));
  lab.book('s', { type: 'sale', lines: [line('A', 2), line('B', 1)] });
  lab.book('training', sold('A', 100), { training: true });
  lab.book('later', sold('A', 100), { interpreted: false });
  lab.book('s', { type: 'sale', lines: [line('A', 2), line('B', 1)] });
  lab.book('big', { ...sold('A', 1), extensions: { 'a.b': 'x'.repeat(40_000) } });
  lab.book('v', { type: 'void', originalTransactionId: uuid('r'), lines: [line('A', -4)] });
  lab.follow();
  t.equal(lab.onHand('A'), 10 - 2 - 1 - 4);
  t.equal(lab.onHand('B'), -1);
  t.equal(lab.database.items, 2);
  t.match(lab.database.listSetAside(), { count: 1, newest: [{ code: 'STOCK_ENTRY_UNREADABLE' }] });
  t.strictSame(lab.database.deficits(9), [], 'nobody keeps stock of B');
  t.end();
});

void t.test('a signed transaction counts like any other', (t) => {
  const lab = new StockLab(t);
  const payload = Buffer.from(JSON.stringify(sold('A', 3))).toString('base64url');
  const signature = { kid: 'k', alg: 'Ed25519' };
  const body = Buffer.from(`e30.${payload}.c2ln`);
  lab.book('jws', {}, { mediaType: 'application/jose', body, signature });
  lab.follow();
  t.equal(lab.onHand('A'), -3);
  t.end();
});

void t.test('a count is true for the entry that it names', (t) => {
  const lab = new StockLab(t);
  lab.book('r', moved({ movement: 'receipt' }, 'A', 10));
  const asOf = lab.book('s1', sold('A', 1));
  lab.book('s2', sold('A', 2));
  lab.book('c', moved({ movement: 'count', asOf }, 'A', 20));
  lab.book('s3', sold('A', 3));
  lab.follow();
  t.equal(lab.onHand('A'), 20 - 2 - 3);
  lab.book('c2', moved({ movement: 'count' }, 'A', 7));
  lab.follow();
  t.equal(lab.onHand('A'), 7);
  t.end();
});

void t.test('a deficit is kept until the log has it', (t) => {
  const lab = new StockLab(t);
  lab.book('c', moved({ movement: 'count' }, 'A', 1));
  const index = lab.book('s', sold('A', 3));
  lab.follow();
  const at = { origin: ORIGIN, index };
  t.strictSame(lab.database.deficits(9), [{ ...at, itemId: 'A', onHand: -2_000_000 }]);
  lab.reopen();
  t.equal(lab.database.deficits(9).length, 1);
  const members = { event: DEFICIT_EVENT, itemId: 'A', onHand: { value: -2, scale: 0 }, at };
  lab.append({ type: 'append', kind: 'note', members });
  lab.follow();
  t.strictSame(lab.database.deficits(9), []);
  t.end();
});

/** A reader that ends the process, as it were, before it gives entry `at`. */
function failingAt(reader: LedgerReader, at: number): LedgerReader {
  function* entries(start: number, end: number) {
    for (const entry of reader.entries(start, end)) {
      if (entry.index === at) throw new TillgateError('INTERNAL', 'a crash on purpose');
      yield entry;
    }
  }
  return new Proxy(reader, {
    get: (target, name) => {
      if (name === 'entries') return entries;
      if (name === 'ofEpoch') return (epoch: number) => failingAt(target.ofEpoch(epoch), at);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

void t.test('a crash in any entry loses nothing and counts nothing twice', (t) => {
  const lab = new StockLab(t);
  lab.book('c', moved({ movement: 'count' }, 'A', 100));
  for (let number = 0; number < 3; number += 1) lab.book(`s${number}`, sold('A', 1));
  const { size } = lab.core.tip();
  for (let at = 0; at < size; at += 1) {
    lab.reopen(failingAt(lab.reader, at));
    t.throws(() => lab.follow(), { code: 'INTERNAL' });
    lab.book(`more${at}`, sold('A', 1));
  }
  lab.reopen();
  t.ok(lab.follow() > 0);
  t.equal(lab.onHand('A'), 100 - 3 - size);
  t.end();
});

void t.test('sales that were carried over count once, where they happened', (t) => {
  const lab = new StockLab(t);
  lab.book('r', moved({ movement: 'receipt' }, 'A', 10));
  lab.book('s', sold('A', 4));
  lab.follow();
  const first = lab.reader.ofEpoch(1);
  lab.core.openEpoch({ origin: SECOND, reason: 'fork', members: {} });
  lab.book('c', moved({ movement: 'count' }, 'A', 6));
  for (const index of [1, 2]) lab.append(must(carryOver(first, index), 'it is a transaction'));
  lab.follow();
  t.equal(lab.onHand('A'), 6);
  // Carried over from a log that nobody has any more: its place is known, and that is before the count.
  const lost = must(carryOver(first, 2), 'it is a transaction');
  const members = { ...lost.members, transactionId: uuid('lost') };
  lab.append({ ...lost, members: { ...members, carriedFrom: { origin: ORIGIN, index: 9 } } });
  lab.follow();
  t.equal(lab.onHand('A'), 6);
  t.end();
});

void t.test('what headquarters gives back lands where it belongs', (t) => {
  const was = new StockLab(t);
  const lab = new StockLab(t);
  for (const one of [was, lab]) one.book('r', moved({ movement: 'receipt' }, 'A', 10));
  was.book('s1', sold('A', 1));
  was.book('s2', sold('A', 2));
  lab.core.openEpoch({ origin: SECOND, reason: 'rolledBack', members: {} });
  lab.book('s2', sold('A', 2));
  lab.follow();
  t.equal(lab.onHand('A'), 8);
  const entries = entriesOf(was.core, 2);
  lab.core.restore({ origin: ORIGIN, start: 2, entries: entries.slice(0, 1) });
  lab.follow();
  t.equal(lab.onHand('A'), 7, 'what was sold before');
  lab.core.restore({ origin: ORIGIN, start: 3, entries: entries.slice(1) });
  lab.follow();
  t.equal(lab.onHand('A'), 7, 'and was submitted again counts once');
  lab.book('c', moved({ movement: 'count' }, 'A', 5));
  lab.follow();
  const again = new StockLab(t);
  t.notOk(new StockFollower(again.reader, lab.database).isOf(), 'another ledger');
  t.ok(lab.follower.isOf());
  t.equal(lab.onHand('A'), 5);
  t.end();
});

void t.test('of a log with two branches both count, and a count in the newest comes last', (t) => {
  const was = new StockLab(t);
  const lab = new StockLab(t);
  for (const one of [was, lab]) one.book('r', moved({ movement: 'receipt' }, 'A', 10));
  was.book('theirs', sold('A', 1));
  lab.book('ours', sold('A', 2));
  lab.core.openEpoch({ origin: SECOND, reason: 'fork', members: {} });
  lab.core.restore({ origin: ORIGIN, start: 2, entries: entriesOf(was.core, 2) });
  lab.follow();
  t.equal(lab.onHand('A'), 7);
  lab.book('c', moved({ movement: 'count' }, 'A', 9));
  lab.follow();
  t.equal(lab.onHand('A'), 9);
  t.end();
});

void t.test('a log that was lost as a whole comes before the one that follows it', (t) => {
  const was = new StockLab(t);
  was.core.openEpoch({ origin: `${ORIGIN.slice(0, -1)}7-0000000a`, reason: 'fork', members: {} });
  was.book('s', sold('A', 1));
  const lab = new StockLab(t);
  lab.core.openEpoch({ origin: SECOND, reason: 'ledgerLost', members: {} });
  lab.book('c', moved({ movement: 'count' }, 'A', 9));
  lab.core.restore({
    origin: `${ORIGIN.slice(0, -1)}7-0000000a`,
    start: 0,
    entries: entriesOf(was.core, 0, 2),
  });
  lab.follow();
  t.equal(lab.onHand('A'), 9);
  t.equal(lab.database.item('A')?.total, -1_000_000, 'it is added up all the same');
  t.end();
});
