/**
 * Goal: both stores keep what the port promises. Method: one suite, run on each; a restart is what
 * each store calls one (a new connection, or the committed tables in a new store).
 */
import t from 'tap';
import { leafHash, rootAt } from '../../protocol/log/merkle.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { newDeviceState } from './device-state.ts';
import { ORIGIN, sha256, uuid } from './ledger-fixtures.ts';
import type { EntryDraft, LedgerView } from './ledger-port.ts';
import { MemoryStore } from './memory-store.ts';
import { naiveRoot } from './naive-root.ts';
import { SUBJECTS } from './store-subjects.ts';

function draft(name: string, more: Partial<EntryDraft> = {}): EntryDraft {
  const leaf = Buffer.from(name);
  return { leaf, leafHash: leafHash(leaf), ...more };
}

for (const [name, make] of SUBJECTS) {
  void t.test(`${name}: what a transaction wrote is there after a restart`, (t) => {
    const subject = make();
    const key = sha256('key');
    const blob = { salt: sha256('salt'), bytes: Buffer.from('body') };
    const state = { ...newDeviceState('2010-12-01T08:26:00.000Z'), sequenceNumber: 7 };
    const { store } = subject;
    t.equal(store.view.current(), undefined, 'no epoch at first');
    store.transact((transaction) => {
      t.match(transaction.openEpoch(ORIGIN), { epoch: 1, origin: ORIGIN, size: 0 });
      const claims = uuid('a');
      transaction.write({
        entries: [draft('zero'), draft('one', { claims, answers: key, blob })],
        devices: [{ deviceId: 'till-1', state }],
        missingResults: [{ deviceId: 'till-1', origin: ORIGIN }],
      });
      t.strictSame(transaction.claim(claims), { epoch: 1, index: 1 }, 'its own reads see it');
      t.equal(transaction.current()?.size, 2);
    });
    const { view } = subject.restart();
    t.match(view.epochs(), [{ epoch: 1, origin: ORIGIN, size: 2 }]);
    t.strictSame(view.claim(uuid('a')), { epoch: 1, index: 1 });
    t.equal(view.claim(uuid('b')), undefined);
    t.strictSame(view.earlierAnswer(key), { epoch: 1, index: 1 });
    t.equal(Buffer.from(must(view.leaf({ epoch: 1, index: 1 }), 'kept')).toString(), 'one');
    t.equal(view.leaf({ epoch: 1, index: 2 }), undefined);
    t.equal(Buffer.from(view.blob({ epoch: 1, index: 1 })?.bytes ?? []).toString(), 'body');
    t.strictSame(view.device('till-1'), state);
    t.equal(view.device('till-2'), undefined);
    t.equal(view.missingResultNoted('till-1', ORIGIN), true);
    t.equal(view.missingResultNoted('till-2', ORIGIN), false);
    subject.end();
    t.end();
  });

  void t.test(`${name}: a throw leaves everything as it was`, (t) => {
    const subject = make();
    const { store } = subject;
    const before = { ...newDeviceState('2010-12-01T08:26:00.000Z'), sequenceNumber: 1 };
    store.transact((transaction) => {
      transaction.openEpoch(ORIGIN);
      const devices = [{ deviceId: 'till-1', state: before }];
      transaction.write({ entries: [draft('zero')], devices });
    });
    const undone = (): unknown =>
      store.transact((transaction) => {
        transaction.write({
          entries: [draft('one', { claims: uuid('a') })],
          devices: [{ deviceId: 'till-1', state: { ...before, sequenceNumber: 2 } }],
        });
        transaction.openEpoch('shop.example/acme/s0417/g1/e2-01234567');
        throw new RangeError('on purpose');
      });
    t.throws(undone, { name: 'RangeError' });
    const check = (view: LedgerView): void => {
      t.match(view.epochs(), [{ epoch: 1, size: 1 }]);
      t.equal(view.epochs().length, 1);
      t.equal(view.claim(uuid('a')), undefined);
      t.equal(view.device('till-1')?.sequenceNumber, 1);
    };
    check(store.view);
    check(subject.restart().view);
    subject.end();
    t.end();
  });

  void t.test(`${name}: anchors are found by where they stand and by what they cover`, (t) => {
    const subject = make();
    const { store } = subject;
    const anchor = (size: number): EntryDraft =>
      draft(`anchor ${size}`, { anchor: { size, timeSeconds: 1_000 + size } });
    store.transact((transaction) => {
      transaction.openEpoch(ORIGIN);
      const entries = [
        draft('zero'),
        draft('one'),
        anchor(1),
        draft('three'),
        anchor(2),
        anchor(4),
      ];
      transaction.write({ entries });
    });
    t.throws(() =>
      store.transact((transaction) => {
        transaction.write({ entries: [anchor(6)] });
        throw new Error('changed its mind');
      }),
    );
    store.transact((transaction) => {
      transaction.openEpoch(`${ORIGIN}2`);
      transaction.write({ entries: [draft('zero'), anchor(1)] });
    });
    const { anchors } = subject.restart().view;
    const below = (epoch: number, index: number) => anchors.below({ epoch, index })?.ref;
    const over = (epoch: number, index: number) => anchors.over({ epoch, index });
    t.equal(below(1, 2), undefined);
    t.strictSame(below(1, 3), { epoch: 1, index: 2 });
    t.strictSame(below(1, 999), { epoch: 1, index: 5 });
    t.strictSame(below(2, 1), undefined, 'of its own epoch only');
    t.strictSame(over(1, 0), { ref: { epoch: 1, index: 2 }, size: 1, timeSeconds: 1_001 });
    t.strictSame(over(1, 1)?.ref, { epoch: 1, index: 4 });
    t.strictSame(over(1, 3)?.ref, { epoch: 1, index: 5 });
    t.equal(over(1, 4), undefined, 'what was undone is not found');
    t.strictSame(over(2, 0)?.ref, { epoch: 2, index: 1 });
    t.equal(anchors.count({ epoch: 1, index: 2 }, 5), 2);
    subject.end();
    t.end();
  });

  void t.test(`${name}: conflicts are found without the log, newest first`, (t) => {
    const subject = make();
    const { store } = subject;
    const conflict = (at: string): EntryDraft => draft(at, { isConflict: true });
    store.transact((transaction) => {
      transaction.openEpoch(ORIGIN);
      transaction.write({ entries: [draft('zero'), conflict('one'), draft('two'), conflict('3')] });
    });
    t.throws(() =>
      store.transact((transaction) => {
        transaction.write({ entries: [conflict('four')] });
        throw new Error('changed its mind');
      }),
    );
    store.transact((transaction) => {
      transaction.openEpoch(`${ORIGIN}2`);
      transaction.write({ entries: [draft('zero')] });
    });
    store.transact((transaction) => {
      const { epoch } = transaction.openReturned(ORIGIN, 4);
      transaction.writeReturned(epoch, [draft('four'), conflict('five')]);
    });
    const { conflicts } = subject.restart().view;
    const places = [5, 3, 1].map((index) => ({ epoch: 1, index }));
    t.strictSame(conflicts.newest(10), places, 'also what came back; what was undone is not found');
    t.strictSame(conflicts.newest(1), places.slice(0, 1));
    t.equal(conflicts.count(), 3);
    subject.end();
    t.end();
  });

  void t.test(`${name}: roots of every size stay readable, in each epoch`, (t) => {
    const subject = make();
    let { store } = subject;
    const second = 'shop.example/acme/s0417/g1/e2-01234567';
    const leaves = Array.from({ length: 70 }, (_, at) => draft(`entry ${at}`));
    store.transact((transaction) => transaction.openEpoch(ORIGIN));
    for (let at = 0; at < leaves.length; at += 7) {
      store.transact((transaction) => {
        transaction.write({ entries: leaves.slice(at, at + 7) });
      });
    }
    store = subject.restart();
    store.transact((transaction) => {
      transaction.openEpoch(second);
      transaction.write({ entries: [draft('other life')] });
    });
    t.equal(store.view.epochByOrigin(second)?.epoch, 2);
    const hashes = leaves.map((one) => one.leafHash);
    for (let size = 0; size <= leaves.length; size += 1) {
      const root = rootAt(size, store.view.nodes(1));
      t.strictSame(Buffer.from(root), Buffer.from(naiveRoot(hashes.slice(0, size))));
    }
    t.strictSame(
      Buffer.from(rootAt(1, store.view.nodes(2))),
      Buffer.from(leafHash(Buffer.from('other life'))),
    );
    subject.end();
    t.end();
  });

  void t.test(`${name}: what HQ sent back continues an epoch or stands beside it`, (t) => {
    const subject = make();
    let { store } = subject;
    const lost = 'shop.example/acme/s0417/g1/e9-01234567';
    const leaves = Array.from({ length: 40 }, (_, at) => draft(`entry ${at}`));
    const fork = leaves.map((leaf, at) => (at < 5 ? leaf : draft(`other ${at}`)));
    const second = ORIGIN.replace('e1', 'e2-01234567');
    store.transact((transaction) => {
      transaction.openEpoch(ORIGIN);
      transaction.write({ entries: leaves.slice(0, 9) });
      transaction.openEpoch(second);
      transaction.write({ entries: leaves.slice(0, 7) });
      transaction.openEpoch(ORIGIN.replace('e1', 'e3-01234567'));
      transaction.write({ entries: [draft('now', { claims: uuid('b'), answers: sha256('b') })] });
    });
    const back = (origin: string, base: number, entries: EntryDraft[]): void => {
      store.transact((transaction) => {
        const known = transaction.returned().find((place) => place.origin === origin);
        const place = known ?? transaction.openReturned(origin, base);
        transaction.writeReturned(place.epoch, entries);
      });
    };
    const named = draft('entry 9', { claims: uuid('a'), answers: sha256('a') });
    const late = draft('entry 10', { claims: uuid('b'), answers: sha256('b') });
    back(ORIGIN, 9, [named, late]);
    back(second, 5, fork.slice(5, 8));
    back(lost, 0, leaves.slice(0, 3));
    store = subject.restart();
    back(second, 5, fork.slice(8));
    back(ORIGIN, 9, leaves.slice(11));
    back(lost, 0, leaves.slice(3, 20));
    store.transact((transaction) => transaction.openEpoch(ORIGIN.replace('e1', 'e4-01234567')));
    store = subject.restart();
    const { view } = store;
    t.match(view.epochs(), [
      { epoch: 1, size: 40 },
      { epoch: 2, size: 7 },
      { epoch: 3, size: 1 },
      { epoch: 6, size: 0 },
    ]);
    t.match(view.returned(), [
      { epoch: 1, origin: ORIGIN, of: 1, base: 9, size: 40 },
      { epoch: 4, origin: second, of: 2, base: 5, size: 40 },
      { epoch: 5, origin: lost, of: null, base: 0, size: 20 },
    ]);
    t.strictSame(view.claim(uuid('a')), { epoch: 1, index: 9 });
    t.strictSame(view.claim(uuid('b')), { epoch: 3, index: 0 }, 'a claim stays where it is');
    t.strictSame(view.earlierAnswer(sha256('a')), { epoch: 1, index: 9 });
    t.strictSame(view.earlierAnswer(sha256('b')), { epoch: 3, index: 0 });
    const rootOf = (epoch: number, size: number): Buffer =>
      Buffer.from(rootAt(size, view.nodes(epoch)));
    const naive = (drafts: EntryDraft[]): Buffer =>
      Buffer.from(naiveRoot(drafts.map((one) => one.leafHash)));
    for (let size = 1; size <= 40; size += 1) {
      t.strictSame(rootOf(4, size), naive(fork.slice(0, size)));
    }
    t.strictSame(rootOf(1, 40), naive([...leaves.slice(0, 9), named, late, ...leaves.slice(11)]));
    t.strictSame(rootOf(2, 7), naive(leaves.slice(0, 7)), 'the own entries are as they were');
    t.strictSame(rootOf(5, 20), naive(leaves.slice(0, 20)));
    const now = (epoch: number): unknown =>
      store.transact((transaction) => transaction.writeReturned(epoch, [draft('x')]));
    t.throws(() => now(6), /newest epoch/);
    subject.end();
    t.end();
  });
}

void t.test('memory: a commit that fails leaves nothing, one that crashes behind it all', (t) => {
  const fault = { before: false, after: false };
  const failing = (which: 'before' | 'after') => (): void => {
    if (fault[which]) throw new TillgateError('LEDGER_DISK_FULL', which, { retryable: true });
  };
  const store = new MemoryStore({ beforeCommit: failing('before'), afterCommit: failing('after') });
  const append = (name: string): void =>
    store.transact((transaction) => {
      transaction.write({ entries: [draft(name, { claims: uuid(name) })] });
    });
  store.transact((transaction) => transaction.openEpoch(ORIGIN));
  append('a');
  fault.before = true;
  t.throws(() => append('b'), { code: 'LEDGER_DISK_FULL' });
  t.equal(store.view.claim(uuid('b')), undefined);
  t.equal(store.view.current()?.size, 1);
  fault.before = false;
  append('b');
  fault.after = true;
  t.throws(() => append('c'), { code: 'LEDGER_DISK_FULL' });
  t.equal(store.crash().view.current()?.size, 3);
  t.end();
});

void t.test('memory: a snapshot and the store it was taken of go on apart', (t) => {
  const store = new MemoryStore();
  store.transact((transaction) => {
    transaction.openEpoch(ORIGIN);
    transaction.write({ entries: [draft('zero')] });
  });
  const copy = store.snapshot();
  for (const [one, name] of [
    [store, 'a'],
    [copy, 'b'],
  ] as const) {
    one.transact((transaction) => {
      transaction.write({ entries: [draft(name, { claims: uuid(name) })] });
    });
  }
  t.equal(store.view.claim(uuid('b')), undefined);
  t.equal(copy.view.claim(uuid('a')), undefined);
  t.strictSame(copy.view.claim(uuid('b')), { epoch: 1, index: 1 });
  t.end();
});

void t.test('memory: without its sync a crash takes the commits since the last one', (t) => {
  const store = new MemoryStore({ isSyncSkipped: true });
  const append = (name: string): void =>
    store.transact((transaction) => {
      transaction.write({ entries: [draft(name, { claims: uuid(name) })] });
    });
  store.transact((transaction) => transaction.openEpoch(ORIGIN));
  append('a');
  store.sync();
  append('b');
  append('c');
  t.equal(store.view.current()?.size, 3);
  const { view } = store.crash();
  t.equal(view.current()?.size, 1);
  t.equal(view.claim(uuid('c')), undefined);
  t.strictSame(view.claim(uuid('a')), { epoch: 1, index: 0 });
  t.end();
});
