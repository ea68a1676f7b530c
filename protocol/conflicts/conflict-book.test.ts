/**
 * Goal: what is written of conflicts is read back, nobody speaks for the other side, and everybody
 * who has the same entries has the same book. Method: entries of every form, and shuffled and
 * doubled histories.
 */
import fc from 'fast-check';
import t from 'tap';
import type { JsonObject } from '../json/json-value.ts';
import { compensationFor } from './compensation.ts';
import { ConflictBook } from './conflict-book.ts';
import { foundMembers, readConflictEntry, resolvedMembers } from './conflict-entry.ts';
import type { ConflictRecord } from './conflict-record.ts';

const HQ = 'hq.example.com/hq/hq/hq/e1-0a1b2c3d';
const GATEWAY = 'hq.example.com/acme/s1/g1/e1';
const OTHER = 'hq.example.com/acme/s2/g1/e1';
const ID = '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11';

function record(rule: string, key: string, winner: number | null = 0): ConflictRecord {
  const sides = [
    { origin: GATEWAY, index: 1, says: 'first' },
    { origin: OTHER, index: 2 },
  ];
  return { conflictId: `${rule}:${key}`, rule, datum: 'coupon:c1/X1', sides, winner };
}

void t.test('an entry says what was found, and reads back', (t) => {
  const conflict = { ...record('couponTwice', 'k'), consequence: 'a compensation' };
  const at = { origin: HQ, index: 3 };
  t.strictSame(readConflictEntry(foundMembers(conflict), at), { said: 'found', conflict });
  const resolution = { conflictId: 'overdraft:k', note: 'counted', winner: 1 };
  const read = readConflictEntry(resolvedMembers(resolution), at);
  t.strictSame(read, { said: 'resolved', ...resolution });
  t.end();
});

void t.test('a setting that two sides changed names a feed as a side', (t) => {
  const word = { origin: 'hq.example.com/acme/s1/hq/e1-0a1b2c3d', index: 4, says: '9000' };
  const changed = { origin: GATEWAY, index: 3, says: '7000' };
  const members = {
    conflictId: 'configLater:s1/g1/uplink.rate@000000000000001-00000+000000000000002-00000',
    ...{ rule: 'configLater', datum: 'config:s1/g1/uplink.rate', winner: 1, by: 'rule' },
    sides: [word, changed],
  };
  t.match(readConflictEntry(members, { origin: GATEWAY, index: 8 }), {
    ...{ said: 'found', conflict: { winner: 1, sides: [word, changed] } },
  });
  t.end();
});

void t.test('nobody speaks for the other side, and nonsense says nothing', (t) => {
  const gateway = { origin: GATEWAY, index: 3 };
  t.equal(readConflictEntry(foundMembers(record('couponTwice', 'k')), gateway), undefined);
  const own = foundMembers(record('firstStands', 'k'));
  t.equal(readConflictEntry(own, { origin: HQ, index: 3 }), undefined);
  t.match(readConflictEntry(own, gateway), { said: 'found' });
  const resolved = resolvedMembers({ conflictId: 'overdraft:k', note: '', winner: null });
  t.equal(readConflictEntry(resolved, gateway), undefined);
  const wrong: JsonObject[] = [
    {},
    { ...own, conflictId: 7 },
    { ...own, conflictId: 'overdraft:k' },
    { ...own, sides: [] },
    { ...own, sides: [{ origin: 'no origin', index: 1 }] },
    { ...own, rule: null },
  ];
  for (const header of wrong) t.equal(readConflictEntry(header, gateway), undefined);
  t.match(readConflictEntry({ ...own, winner: 2 }, gateway), { conflict: { winner: null } });
  t.end();
});

void t.test('entries of releases without names are conflicts too', (t) => {
  const at = { origin: GATEWAY, index: 7 };
  const claimedBy = { origin: GATEWAY, index: 2, leafHash: 'x' };
  const contentHash = Buffer.alloc(32).toString('base64');
  const first = { rule: 'firstStands', transactionId: ID, contentHash, claimedBy };
  t.match(readConflictEntry(first, at), {
    conflict: { rule: 'firstStands', winner: 0, sides: [{ index: 2 }, { index: 7 }] },
  });
  const returned = { origin: GATEWAY, index: 1, leafHash: 'y' };
  const second = { rule: 'firstInCustody', transactionId: ID, claimedBy, returned };
  t.match(readConflictEntry(second, at), {
    conflict: { rule: 'firstInCustody', winner: 0, sides: [{ index: 1 }, { index: 2 }] },
  });
  t.equal(readConflictEntry({ rule: 'firstStands', transactionId: ID }, at), undefined);
  t.end();
});

const said = fc.record({
  rule: fc.constantFrom('couponTwice', 'overdraft', 'firstAtHeadquarters', 'ofALaterRelease'),
  key: fc.constantFrom('a', 'b'),
  isResolution: fc.boolean(),
  winner: fc.constantFrom(0, 1, null),
  hlc: fc.integer({ min: 0, max: 3 }).map((ms) => `00000000000000${ms}-00000`),
});

void t.test('whatever the order and however often, the book is the same', (t) => {
  const some = fc.uniqueArray(said, { maxLength: 10, selector: (each) => JSON.stringify(each) });
  const property = fc.property(some, fc.infiniteStream(fc.nat()), (entries, numbers) => {
    const placed = entries.map(({ rule, key, isResolution, winner, hlc }, index) => ({
      said: isResolution
        ? ({ said: 'resolved', conflictId: `${rule}:${key}`, note: hlc, winner } as const)
        : ({ said: 'found', conflict: record(rule, key, winner) } as const),
      entry: { origin: HQ, index, hlc, recordedAt: '' },
    }));
    const inOrder = new ConflictBook();
    for (const { said: what, entry } of placed) inOrder.add(what, entry);
    const shuffled = [...placed, ...placed]
      .map((one) => ({ one, at: Number(numbers.next().value) }))
      .toSorted((a, b) => a.at - b.at);
    const other = new ConflictBook();
    for (const { one } of shuffled) other.add(one.said, one.entry);
    t.strictSame(other.all(), inOrder.all());
  });
  fc.assert(property, { numRuns: 100, seed: 7 });
  t.end();
});

void t.test('what needs a person is open until somebody says how it ends, once', (t) => {
  const book = new ConflictBook();
  const entry = (index: number) => ({
    ...{ origin: HQ, index, hlc: `00000000000000${index}-00000`, recordedAt: '' },
  });
  book.add({ said: 'found', conflict: record('overdraft', 'k', null) }, entry(1));
  book.add({ said: 'found', conflict: record('couponTwice', 'k') }, entry(2));
  t.match(book.all(), [
    { rule: 'overdraft', state: 'open', by: 'person', winner: null },
    { rule: 'couponTwice', state: 'decided', by: 'rule', winner: 0 },
  ]);
  const conflictId = 'overdraft:k';
  book.add({ said: 'resolved', conflictId, note: 'too late', winner: 0 }, entry(4));
  book.add({ said: 'resolved', conflictId, note: 'counted', winner: 1 }, entry(3));
  t.match(book.get(conflictId), {
    ...{ state: 'decided', winner: 1, resolution: { note: 'counted', entry: { index: 3 } } },
  });
  t.equal(book.get('overdraft:other'), undefined);
  t.end();
});

void t.test('the gateway whose use lost owes it', (t) => {
  const conflict = record('couponTwice', 'k');
  const owes = (origin: string): object | undefined =>
    compensationFor(conflict, (other) => other === origin);
  t.match(owes(OTHER), {
    ...{ event: 'compensation', conflictId: 'couponTwice:k', pool: 'coupon:c1/X1', amount: 1 },
  });
  t.equal(owes(GATEWAY), undefined, 'not the one whose use stands');
  const open = { ...record('overdraft', 'k', null), datum: 'points:m1' };
  t.equal(
    compensationFor(open, () => true),
    undefined,
  );
  t.end();
});
