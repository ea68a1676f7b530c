import t from 'tap';
import { PoolBook } from './pool-book.ts';
import { readOwnRightEvent } from './own-right-events.ts';
import { rightFactsOf } from './right-fact.ts';
import type { RightFact } from './right-fact.ts';

function factsOf(
  header: Record<string, unknown>,
  place: { index?: number; epoch?: number } = {},
): RightFact[] {
  const { index = 4, epoch = 1 } = place;
  const origin = `hq.example/acme/s1/g1/e${epoch}`;
  return rightFactsOf({ origin, index, chain: 'acme', store: 's1', gateway: 'g1', header });
}

const POOL = 'points:m-1';
const SALE = {
  kind: 'transaction',
  transactionId: 't-1',
  recordedAt: '2026-01-01T00:00:00.000Z',
  rights: {
    debits: [
      {
        pool: POOL,
        amount: 5,
        by: 'grant',
        left: 1,
        from: [
          { grantId: 'own', amount: 2 },
          { grantId: 'g-1', amount: 3 },
        ],
      },
      { pool: 'coupon:c/X1', amount: 1, by: 'policy', left: 0, from: [] },
    ],
    credits: [{ pool: POOL, amount: 7 }],
  },
};

void t.test('a transaction gives a fact for each grant, use and credit', (t) => {
  const facts = factsOf(SALE).map(({ n, event, pool, grantId, amount, key, by }) =>
    [n, event, pool, grantId, amount, key, by].join(' '),
  );
  t.strictSame(facts, [
    '0 drawn points:m-1 own 2 t-1 grant',
    '1 drawn points:m-1 g-1 3 t-1 grant',
    '2 policy coupon:c/X1  1 t-1 policy',
    '3 credited points:m-1  7 t-1 ',
  ]);
  t.end();
});

void t.test('grants, reservations and anchors are facts; what has not its form is none', (t) => {
  const one = (header: Record<string, unknown>): unknown => factsOf(header)[0];
  const grant = { grantId: 'g-1', holder: 'g1', pool: POOL, amount: 9 };
  const received = { event: 'received', grantId: 'g-1', hqTime: null };
  t.match(one({ kind: 'grant', event: 'received', grant }), received);
  const ending = { ...grant, expiresAt: '1970-01-01T00:00:06.5Z' };
  t.match(one({ kind: 'grant', event: 'received', grant: ending }), { ...received, hqTime: 7 });
  t.match(one({ kind: 'grant', event: 'returned', grantId: 'g-1', pool: POOL, amount: 0 }), {
    ...{ event: 'returned', amount: 0 },
  });
  const from = [{ grantId: 'g-1', amount: 2 }];
  t.match(one({ kind: 'grant', event: 'held', reservationId: 'r', pool: POOL, amount: 2, from }), {
    ...{ event: 'drawn', key: 'r', grantId: 'g-1' },
  });
  t.match(one({ kind: 'anchor', timeSeconds: 12 }), { event: 'anchor', hqTime: 12 });
  for (const header of [
    { kind: 'grant', event: 'returned', grantId: 'g-1', pool: 'beer:x', amount: 1 },
    { kind: 'grant', event: 'returned', grantId: 'g-1', pool: POOL, amount: -1 },
    { kind: 'grant', event: 'toLearnLater', pool: POOL, amount: 1 },
    { kind: 'anchor', timeSeconds: 'now' },
    { kind: 'transaction', rights: { debits: 'none' } },
    { kind: 'transaction', rights: { debits: [null, 3], credits: [{ pool: POOL, amount: 1.5 }] } },
    { kind: 'note' },
  ]) {
    t.strictSame(factsOf(header), [], JSON.stringify(header));
  }
  t.end();
});

void t.test('a spend is counted once, also where two logs of a gateway say it', (t) => {
  const book = new PoolBook('0000000a');
  const supply = { pool: POOL, amount: 10 };
  book.takeChange(undefined, { op: 'put', collection: 'supply', id: POOL, document: supply });
  const grant = { grantId: 'g-1', holder: 'g1', pool: POOL, amount: 4 };
  book.takeChange('s1', { op: 'put', collection: 'grant', id: 'g-1', document: grant });
  const pool = book.pool(POOL);
  t.equal(pool?.available(), 6);
  for (const epoch of [1, 2]) for (const fact of factsOf(SALE, { epoch })) book.takeFact(fact);
  for (const fact of factsOf(SALE)) book.takeFact(fact);
  t.equal(pool?.spent(), 5);
  t.equal(pool?.rest('s1/g1'), 1 + 5);
  const returned = { kind: 'grant', event: 'returned', pool: POOL };
  for (const fact of factsOf({ ...returned, grantId: 'g-1', amount: 1 }, { index: 5 }))
    book.takeFact(fact);
  for (const fact of factsOf({ ...returned, grantId: 'own', amount: 5 }, { index: 6 }))
    book.takeFact(fact);
  t.equal(pool?.available(), 6 + 1 + 5);
  // A copy of the gateway spent what had been given back: all of it counts.
  const other = { ...SALE, transactionId: 't-2' };
  for (const fact of factsOf(other, { epoch: 3 })) book.takeFact(fact);
  t.equal(pool?.available(), 10 - 6 + 5);
  t.end();
});

void t.test('what headquarters wrote about rights reads back, and nothing else does', (t) => {
  const spend = {
    event: 'promised',
    id: 'p',
    pool: POOL,
    amount: 2,
    from: [{ grantId: 'x', amount: 2 }],
  };
  t.strictSame(readOwnRightEvent({ kind: 'grant', v: 1, chain: 'acme', ...spend }), {
    chain: 'acme',
    event: spend,
  });
  t.equal(readOwnRightEvent({ kind: 'audit', chain: 'acme', ...spend }), undefined);
  t.equal(readOwnRightEvent({ kind: 'grant', ...spend }), undefined);
  t.equal(readOwnRightEvent({ kind: 'grant', chain: 'acme', ...spend, pool: 'x' }), undefined);
  t.equal(readOwnRightEvent({ kind: 'grant', chain: 'acme', ...spend, from: [{}] }), undefined);
  t.equal(readOwnRightEvent({ kind: 'grant', chain: 'acme', event: 'received' }), undefined);
  t.end();
});
