/**
 * Goal: each rule decides by what it is given alone; looking early finds nothing that a later look
 * takes back; and copies of a log change nothing. Method: examples, and histories that fast-check
 * makes of uses, copies and draws, decided at every moment.
 */
import fc from 'fast-check';
import t from 'tap';
import { couponTwice } from './coupon-twice.ts';
import type { CodeUse } from './coupon-twice.ts';
import { firstAtHeadquarters } from './first-at-headquarters.ts';
import { firstInCustody } from './first-in-custody.ts';
import { firstStands } from './first-stands.ts';
import { overdraft } from './overdraft.ts';
import type { GrantDraw } from './overdraft.ts';
import { storeOverride } from './store-override.ts';

const ID = '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11';
const log = (store: string, gateway: string, life = 'e1'): string =>
  `hq.example.com/acme/${store}/${gateway}/${life}`;

void t.test('firstStands: what claims the id stands', (t) => {
  const first = { origin: log('s1', 'g1'), index: 4 };
  const other = { origin: log('s1', 'g1'), index: 9 };
  const contentHash = Buffer.alloc(32, 0xab).toString('base64');
  const found = firstStands({ transactionId: ID, contentHash, first, other });
  t.match(found, { winner: 0, sides: [first, other], datum: `transaction ${ID}` });
  t.equal(found.conflictId, `firstStands:acme/s1/g1/${ID}/abababababababab`);
  t.end();
});

void t.test('firstInCustody: what headquarters had stands', (t) => {
  const returned = { origin: log('s1', 'g1'), index: 4 };
  const claimedBy = { origin: log('s1', 'g1', 'e2-01234567'), index: 2 };
  const found = firstInCustody({ transactionId: ID, returned, claimedBy });
  t.match(found, { winner: 0, sides: [returned, claimedBy] });
  t.end();
});

void t.test('firstAtHeadquarters: one conflict for each gateway that lost', (t) => {
  const of = { chain: 'acme', store: 's1', transactionId: ID };
  const at = (gateway: string, contentHash: string, life?: string) => ({
    ...{ gateway, contentHash, origin: log('s1', gateway, life), index: 1 },
  });
  const accepted = [
    at('g1', 'a'),
    at('g1', 'b', 'e2-01234567'),
    at('g2', 'b'),
    at('g3', 'a'),
    at('g2', 'b', 'e2-01234567'),
  ];
  const found = firstAtHeadquarters(of, accepted);
  t.match(found, [
    { winner: 0, sides: [{ origin: log('s1', 'g1') }, { origin: log('s1', 'g2') }] },
  ]);
  t.equal(found.length, 1, 'neither copies of one gateway nor the same content');
  t.strictSame(firstAtHeadquarters(of, []), []);
  t.end();
});

const CODE = { chain: 'acme', couponId: 'c1', code: 'X1' };

const someUses = fc.array(
  fc.record({
    store: fc.constantFrom('s1', 's2', 's3'),
    life: fc.constantFrom('e1', 'e2-01234567'),
    key: fc.integer({ min: 0, max: 5 }).map(String),
    isBack: fc.boolean(),
  }),
  { maxLength: 12 },
);

void t.test('storeOverride: the store’s price stands, each that waits is a conflict', (t) => {
  const of = {
    ...{ itemId: '4711', currency: 'EUR' },
    published: { origin: log('hq', 'hq'), entry: 8, amount: { value: 135, scale: 2 } },
    override: {
      ...{ origin: log('s1', 'g1'), index: 4, amount: { value: 5, scale: 3 } },
      ...{ until: '2026-05-01T11:00:00.000Z', managerId: 'op-7' },
    },
  };
  const found = storeOverride(of);
  t.match(found, {
    ...{ conflictId: 'storeOverride:acme/s1/g1/4711/EUR@e1-8+e1-4', winner: 1 },
    sides: [
      { origin: log('hq', 'hq'), index: 8, says: '1.35 EUR' },
      {
        origin: log('s1', 'g1'),
        index: 4,
        says: '0.005 EUR until 2026-05-01T11:00:00.000Z, by op-7',
      },
    ],
  });
  const later = storeOverride({ ...of, published: { ...of.published, entry: 9 } });
  t.not(later.conflictId, found.conflictId);
  t.end();
});

void t.test('couponTwice: the first use stands, each later one is a conflict', (t) => {
  const use = (store: string, key: string, uses = 1): CodeUse => ({
    ...{ store, key, uses, origin: log(store, 'g1'), index: Number(key) },
  });
  t.strictSame(couponTwice(CODE, [use('s1', '1'), use('s1', '1')]), [], 'a copy is no use');
  const found = couponTwice(CODE, [use('s1', '1'), use('s2', '2'), use('s3', '3')]);
  t.match(found, [
    { winner: 0, datum: 'coupon:c1/X1', sides: [{ index: 1 }, { index: 2 }] },
    { winner: 0, sides: [{ index: 1 }, { index: 3 }] },
  ]);
  t.equal(new Set(found.map(({ conflictId }) => conflictId)).size, 2);
  const back = [use('s1', '1'), use('s1', '4', -1), use('s2', '2')];
  t.strictSame(couponTwice(CODE, back), [], 'a use that was taken back is none');
  const property = fc.property(someUses, (given) => {
    const uses = given.map(({ store, life, key, isBack }, index) => ({
      ...{ store, origin: log(store, 'g1', life), index, uses: isBack ? -1 : 1 },
      key: `${key}${isBack ? 'b' : ''}`,
    }));
    const whole = new Map(couponTwice(CODE, uses).map((each) => [each.conflictId, each]));
    for (let seen = 0; seen <= uses.length; seen++) {
      for (const early of couponTwice(CODE, uses.slice(0, seen))) {
        t.strictSame(whole.get(early.conflictId), early);
      }
    }
    t.strictSame(couponTwice(CODE, [...uses, ...uses]), [...whole.values()]);
  });
  fc.assert(property, { numRuns: 60, seed: 5 });
  t.end();
});

void t.test('overdraft: what all branches drew, each spend once, against the grant', (t) => {
  const grant = {
    ...{ key: 'g-1', chain: 'acme', grantId: 'g-1', pool: 'stock:s1/4711', amount: 10 },
  };
  const draw = (life: string, key: string, amount: number): GrantDraw => ({
    ...{ origin: log('s1', 'g1', life), index: Number(key), key, amount },
  });
  const first = [draw('e1', '1', 6), draw('e1', '2', 4)];
  t.equal(overdraft(grant, first), undefined, 'all of it is no overdraft');
  const copied = [...first, draw('e2-01234567', '1', 6)];
  t.equal(overdraft(grant, copied), undefined, 'a spend that a copy says again counts once');
  t.match(overdraft(grant, [draw('e2-01234567', '9', 3), ...copied]), {
    conflictId: 'overdraft:acme/g-1',
    winner: null,
    sides: [
      { origin: log('s1', 'g1'), index: 2, says: 'drew 10' },
      { origin: log('s1', 'g1', 'e2-01234567'), index: 9, says: 'drew 3' },
    ],
    consequence: /^3 more than the 10 of grant g-1/,
  });
  const draws = fc.array(fc.record({ key: fc.integer({ min: 0, max: 9 }), life: fc.boolean() }), {
    maxLength: 20,
  });
  const property = fc.property(draws, (given) => {
    const all = given.map(({ key, life }) =>
      draw(life ? 'e1' : 'e2-01234567', String(key), key + 1),
    );
    const spent = new Map(all.map(({ key, amount }) => [key, amount]));
    const sum = [...spent.values()].reduce((total, amount) => total + amount, 0);
    t.equal(overdraft(grant, all) !== undefined, sum > grant.amount);
    t.equal(overdraft(grant, all.toReversed()) !== undefined, sum > grant.amount);
  });
  fc.assert(property, { numRuns: 60, seed: 5 });
  t.end();
});
