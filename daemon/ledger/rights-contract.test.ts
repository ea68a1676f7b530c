/**
 * Goal: with both stores a sale spends what this gateway may spend, in its own commit, and nothing
 * else; the verdict is in its result and is the same for ever; what is refused is judged afresh; and
 * a ledger that was rolled back or forked spends nothing before its log is whole again, and then no
 * more than is left. Method: cores over both stores, and rows compared with what the log says.
 */
import t from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { REQUEST_INTERVAL_MS } from '../../protocol/rights/holder.ts';
import type { RightsChange } from '../../protocol/rights/holder.ts';
import { couponPool, pointsPool } from '../../protocol/rights/pool.ts';
import type { RightsAsked } from '../../protocol/rights/right-entries.ts';
import { spendable } from '../../protocol/rights/spend-rights.ts';
import type { Command, RightsAnswer } from './commands.ts';
import type { LedgerCore } from './ledger-core.ts';
import { FakeClock, newCore, ORIGIN, sale } from './ledger-fixtures.ts';
import type { ReturnedEntry } from './returned-entry.ts';
import { SUBJECTS } from './store-subjects.ts';

const POOL = pointsPool('m-1');
const SECOND = ORIGIN.replace('e1', 'e2-01234567');

interface Result {
  outcome: string;
  index: number;
  rights?: { debits: { left: number; by: string }[]; credits: object[] };
  errors?: { code: string; path: string; expected?: number }[];
}

const textOf = (core: LedgerCore, command: Command): string => {
  const [outcome] = core.run([command]);
  return outcome !== undefined && 'text' in outcome ? outcome.text : String(outcome);
};
const submit = (core: LedgerCore, command: Command): Result =>
  JSON.parse(textOf(core, command)) as Result;
const change = (core: LedgerCore, wanted: RightsChange): RightsAnswer =>
  JSON.parse(textOf(core, { type: 'rights', change: wanted })) as RightsAnswer;

const asked = (debit: number, credit = 0, pool = POOL): RightsAsked => ({
  debits: debit === 0 ? [] : [{ pool, amount: debit, path: '/tenders/1/points' }],
  credits: credit === 0 ? [] : [{ pool, amount: credit }],
});
const spending = (name: string, debit: number, credit = 0): Command =>
  sale(name, { content: name, rights: asked(debit, credit) });
const granted = (grantId: string, amount: number, more: { recall?: true } = {}): RightsChange => ({
  type: 'grant',
  grant: { grantId, holder: 'g1', pool: POOL, amount, ...more },
});

function headers(core: LedgerCore, epoch = core.tip().epoch): Record<string, unknown>[] {
  return entriesOf(core, 0, epoch).map(({ leaf }) => decodeEntry(leaf).header);
}

function entriesOf(core: LedgerCore, start: number, epoch = 1): ReturnedEntry[] {
  const entries: ReturnedEntry[] = [];
  for (let index = start; ; index += 1) {
    const leaf = core.view.leaf({ epoch, index });
    if (leaf === undefined) return entries;
    const blob = core.view.blob({ epoch, index });
    entries.push({ leaf, leafHash: leafHash(leaf), ...(blob !== undefined && { blob }) });
  }
}

for (const [name, make] of SUBJECTS) {
  void t.test(`${name}: rows of rights stand over failures and restarts`, (t) => {
    const subject = make();
    let { store } = subject;
    const state = { frozen: 'fork', anchorSeconds: 7 };
    const row = { pool: POOL, grantId: 'g', amount: 2 ** 50, left: -5 };
    const grant = { ...row, expiresAtMs: null, isClosed: false };
    const held = { reservationId: 'r', pool: POOL, amount: 1, until: null, isDrawn: true };
    const reservation = { ...held, state: 'held' as const };
    const none = { grants: [], terms: [], uses: [], reservations: [], requests: [] };
    const rights = {
      grants: [grant, { ...grant, grantId: 'own', expiresAtMs: 3 }],
      terms: [
        { couponId: 'b', terms: null },
        { couponId: 'a', terms: { singleUse: true as const, withoutGrant: 1 } },
      ],
      uses: [
        { couponId: 'a', code: 'x', by: 'policy' as const },
        { couponId: 'a', code: 'y', by: 'grant' as const },
      ],
      reservations: [reservation],
      requests: [{ pool: POOL, row: { pool: POOL, amount: 3, atMs: 5 } }],
      state,
    };
    t.ok(store.view.rights.isEmpty());
    store.transact((transaction) => {
      transaction.openEpoch(ORIGIN);
      transaction.write({ entries: [], rights });
    });
    t.throws(() =>
      store.transact((transaction) => {
        const changed = { ...none, grants: [{ ...grant, left: 0 }], state: undefined };
        transaction.write({
          entries: [],
          rights: { ...changed, requests: [{ pool: POOL, row: null }] },
        });
        t.equal(transaction.rights.grant(POOL, 'g')?.left, 0);
        throw new TypeError('changed its mind');
      }),
    );
    store = subject.restart();
    const { rights: view } = store.view;
    t.strictSame(view.grant(POOL, 'g'), grant);
    t.strictSame(view.reservation('r'), reservation);
    t.strictSame(view.state(), state);
    t.strictSame(
      [view.terms('a')?.singleUse, view.terms('b'), view.terms('c')],
      [true, null, undefined],
    );
    t.strictSame([view.policyUses('a'), view.codeUse('a', 'y')], [1, 'grant']);
    t.strictSame(view.requests(9), [{ pool: POOL, amount: 3, atMs: 5 }]);
    t.strictSame(
      view.knownTerms('', 1).map(({ couponId }) => couponId),
      ['a'],
    );
    t.strictSame(
      view.knownTerms('a', 9).map(({ couponId }) => couponId),
      ['b'],
    );
    t.strictSame([view.poolCount(9), view.isEmpty()], [1, false]);
    const late = { pool: 'points:m-2', amount: 1, atMs: REQUEST_INTERVAL_MS + 5 };
    store.transact((transaction) =>
      transaction.write({
        entries: [],
        rights: { ...none, requests: [{ pool: late.pool, row: late }], state: undefined },
      }),
    );
    t.strictSame(store.view.rights.requests(9), [late], 'what was asked for long ago goes');
    subject.end();
    t.end();
  });

  void t.test(
    `${name}: what is lacking is refused and asked for, and accepted once it came`,
    (t) => {
      const subject = make();
      const clock = new FakeClock();
      let core = newCore(subject.store, clock);
      const wants = spending('a', 5);
      const refused = submit(core, wants);
      t.match(refused, {
        outcome: 'rejected',
        index: 1,
        errors: [{ code: 'RIGHTS_LACKING', path: '/tenders/1/points', expected: 0, got: 5 }],
      });
      t.match(headers(core).at(-1), { kind: 'grant', event: 'requested', pool: POOL, amount: 5 });
      t.strictSame(submit(core, wants), refused, 'the same lack is the same answer');
      t.equal(core.tip().size, 3);
      clock.wall += REQUEST_INTERVAL_MS;
      submit(core, wants);
      t.match(headers(core).slice(3), [{ event: 'requested' }], 'asked for again after a while');
      t.match(change(core, granted('g', 3)), { state: 'done', entries: 1 });
      t.match(change(core, granted('g', 3)), { state: 'done', entries: 0 });
      t.match(submit(core, wants), { errors: [{ expected: 3 }] }, 'and this is another one');
      change(core, granted('h', 4));
      const accepted = textOf(core, wants);
      t.match(JSON.parse(accepted), {
        outcome: 'accepted',
        rights: { debits: [{ pool: POOL, amount: 5, by: 'grant', left: 2 }], credits: [] },
      });
      core = newCore(subject.restart(), clock);
      t.equal(textOf(core, wants), accepted, 'byte for byte');
      t.match(submit(core, spending('b', 3)), { outcome: 'rejected' });
      t.match(submit(core, spending('c', 2, 9)), { rights: { debits: [{ left: 0 }] } });
      t.equal(spendable(POOL, core.view.rights), 9);
      t.notOk('rights' in submit(core, sale('plain', { content: 'p' })));
      t.match(change(core, granted('h', 4, { recall: true })), { entries: 2 });
      t.match(headers(core).slice(-2), [
        { event: 'returned', grantId: 'h', amount: 0 },
        { event: 'returned', grantId: 'own', amount: 9 },
      ]);
      subject.end();
      t.end();
    },
  );

  void t.test(`${name}: a coupon's code counts once, by right or by policy`, (t) => {
    const subject = make();
    const core = newCore(subject.store);
    const using = (of: string, code: string): Result =>
      submit(core, sale(of, { content: of, rights: asked(1, 0, couponPool('c', code)) }));
    t.match(using('a', 'X'), { errors: [{ code: 'COUPON_UNKNOWN' }] });
    change(core, { type: 'terms', couponId: 'c', terms: { singleUse: true, withoutGrant: 1 } });
    t.match(using('a', 'X'), { outcome: 'accepted', rights: { debits: [{ by: 'policy' }] } });
    t.match(using('b', 'X'), { errors: [{ code: 'COUPON_USED' }] });
    t.match(using('c', 'Y'), { errors: [{ code: 'RIGHTS_LACKING' }] });
    const asLate: Command = {
      type: 'append',
      kind: 'anchor',
      members: { size: 1, timeSeconds: 99 },
    };
    core.run([asLate]);
    const terms = { singleUse: true as const, withoutGrant: 9, to: '1970-01-01T00:01:39Z' };
    change(core, { type: 'terms', couponId: 'c', terms });
    t.match(using('c', 'Y'), { errors: [{ code: 'COUPON_EXPIRED' }] });
    subject.end();
    t.end();
  });

  void t.test(`${name}: a log that was rolled back spends nothing before it is whole`, (t) => {
    const [was, subject] = [make(), make()];
    const original = newCore(was.store);
    const core = newCore(subject.store);
    for (const one of [original, core]) change(one, granted('g', 10));
    t.match(submit(original, spending('a', 6)), { outcome: 'accepted' });
    submit(original, spending('b', 0, 2));
    change(original, { type: 'hold', reservationId: 'r', pool: POOL, amount: 1 });
    core.openEpoch({ origin: SECOND, reason: 'rolledBack', members: {} });
    t.match(headers(core).at(-1), { kind: 'grant', event: 'frozen', reason: 'rolledBack' });
    t.match(submit(core, spending('c', 5)), { errors: [{ code: 'RIGHTS_FROZEN' }] });
    t.match(submit(core, spending('d', 0, 1)), { outcome: 'accepted' }, 'earned is earned');
    t.match(change(core, granted('g', 10, { recall: true })), { code: 'RIGHTS_FROZEN' });
    core.restore({ origin: ORIGIN, start: 2, entries: entriesOf(original, 2) });
    t.match(submit(core, spending('c', 5)), { errors: [{ code: 'RIGHTS_FROZEN' }] });
    change(core, { type: 'thaw', reason: 'recovered' });
    t.equal(spendable(POOL, core.view.rights), 10 - 6 + 2 - 1 + 1);
    t.match(submit(core, spending('c', 7)), { errors: [{ code: 'RIGHTS_LACKING', expected: 6 }] });
    t.match(submit(core, spending('a', 6)), { outcome: 'accepted', index: 2 }, 'it was, once');
    t.match(submit(core, spending('e', 6)), {
      outcome: 'accepted',
      rights: { debits: [{ left: 0 }] },
    });
    was.end();
    subject.end();
    t.end();
  });

  void t.test(`${name}: of two branches all that was spent is gone`, (t) => {
    const [was, subject] = [make(), make()];
    const original = newCore(was.store);
    const core = newCore(subject.store);
    for (const one of [original, core]) change(one, granted('g', 10));
    for (const one of [original, core]) change(one, granted('h', 5));
    submit(original, spending('a', 4));
    submit(original, spending('twin', 1));
    submit(core, spending('b', 3));
    submit(core, spending('twin', 1));
    core.openEpoch({ origin: SECOND, reason: 'fork', members: {} });
    core.restore({ origin: ORIGIN, start: 3, entries: entriesOf(original, 3) });
    change(core, { type: 'thaw', reason: 'recovered' });
    t.equal(spendable(POOL, core.view.rights), 15 - 4 - 3 - 1, 'the twin counts once');
    was.end();
    subject.end();
    t.end();
  });

  void t.test(`${name}: a sale that is carried over is counted once`, (t) => {
    const [subject, other] = [make(), make()];
    const core = newCore(subject.store);
    change(core, granted('g', 10));
    const first = submit(core, spending('a', 4));
    const { rights, transactionId, contentHash } = must(headers(core)[2], 'the sale') as never;
    const carriedFrom = { origin: ORIGIN, index: first.index, leafHash: 'x', recordedAt: 'y' };
    const members = { rights, transactionId, contentHash, carriedFrom };
    const carried: Command = { type: 'append', kind: 'transaction', members };
    core.openEpoch({ origin: SECOND, reason: 'fork', members: {} });
    core.run([carried]);
    t.equal(spendable(POOL, core.view.rights), 6);
    const without = newCore(other.store);
    change(without, granted('g', 10));
    without.run([carried]);
    t.equal(spendable(POOL, without.view.rights), 6, 'where the first entry is lost, by this one');
    t.match(submit(without, spending('a', 4)), { index: first.index, rights: first.rights });
    subject.end();
    other.end();
    t.end();
  });

  void t.test(`${name}: a ledger without rights freezes and thaws without a word`, (t) => {
    const subject = make();
    const core = newCore(subject.store);
    core.openEpoch({ origin: SECOND, reason: 'ledgerLost', members: {} });
    t.equal(core.view.rights.state().frozen, 'ledgerLost');
    change(core, { type: 'thaw', reason: 'recovered' });
    t.equal(core.view.rights.state().frozen, null);
    t.equal(core.tip().size, 1);
    t.equal(must(headers(core)[0], 'entry 0')['kind'], 'epoch');
    subject.end();
    t.end();
  });
}
