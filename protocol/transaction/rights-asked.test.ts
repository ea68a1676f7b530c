/** What a transaction wants of rights is read whole, and members that do not belong are refused. */
import t from 'tap';
import type { JsonObject } from '../json/json-value.ts';
import { sampleLine, sampleSale } from './fixtures/sample-sale.ts';
import { judgeSubmission } from './judge.ts';
import type { Judgement } from './judgement.ts';

function judged(members: JsonObject): Judgement {
  const payload = Buffer.from(JSON.stringify(sampleSale(members)));
  return judgeSubmission(payload, { deviceKeys: [], requireSignature: false }) as Judgement;
}
const tenders = (...more: JsonObject[]) => {
  const rest = 1_530 - more.reduce((sum, { amount }) => sum + Number(amount), 0);
  return { tenders: [{ type: 'cash', amount: rest }, ...more] };
};
const rightsIn = (members: JsonObject) => {
  const judgement = judged(members);
  return judgement.verdict === 'acceptable' ? judgement.rights : judgement.problems;
};
const codesIn = (members: JsonObject) => {
  const judgement = judged(members);
  if (judgement.verdict === 'acceptable') return [];
  return judgement.problems.map(({ code, path }) => `${code} ${path}`);
};

void t.test('points, stored value, coupons and what is earned', (t) => {
  t.equal(rightsIn({}), undefined, 'an ordinary sale wants none');
  const spent = tenders(
    { type: 'points', amount: 100, memberId: 'm-1', points: 10 },
    { type: 'points', amount: 50, memberId: 'm-1', points: 5 },
    { type: 'storedValue', amount: 200, accountId: 'gift-1' },
    { type: 'storedValue', amount: -70, accountId: 'gift-2' },
  );
  t.same(rightsIn({ ...spent, loyalty: { memberId: 'm-1', pointsEarned: 3 } }), {
    debits: [
      { pool: 'points:m-1', amount: 15, path: '/tenders/1/points' },
      { pool: 'storedValue:gift-1/GBP', amount: 200, path: '/tenders/3/amount' },
    ],
    credits: [
      { pool: 'storedValue:gift-2/GBP', amount: 70 },
      { pool: 'points:m-1', amount: 3 },
    ],
  });
  t.equal(rightsIn({ ...spent, training: true }), undefined, 'training touches none');
  t.end();
});

void t.test('a coupon is used once a code, by sales only', (t) => {
  const discounts = [
    { amount: 0, couponId: 'c', couponCode: 'A' },
    { amount: 0, couponId: 'c', couponCode: 'A' },
    { amount: 0, couponId: 'c', couponCode: 'B' },
    { amount: 0, couponId: 'd', couponCode: null },
  ];
  const lines = [sampleLine({ discounts })];
  t.match(rightsIn({ lines }), {
    debits: [
      { pool: 'coupon:c/A', amount: 1, path: '/lines/0/discounts/0/couponCode' },
      { pool: 'coupon:c/B', path: '/lines/0/discounts/2/couponCode' },
      { pool: 'coupon:d', path: '/lines/0/discounts/3/couponId' },
    ],
  });
  t.equal(rightsIn({ lines, type: 'void' }), undefined);
  t.equal(rightsIn({ lines, type: 'return' }), undefined);
  t.end();
});

void t.test('a line puts money on an account, and a void takes it off', (t) => {
  const lines = (sign: number) => [
    sampleLine({
      quantity: { value: 6 * sign, scale: 0 },
      extendedAmount: 1_530 * sign,
      storedValueAccountId: 'gift-1',
    }),
  ];
  const pool = 'storedValue:gift-1/GBP';
  t.match(rightsIn({ lines: lines(1) }), { debits: [], credits: [{ pool, amount: 1_530 }] });
  const voided = { total: -1_530, tenders: [{ type: 'cash', amount: -1_530 }] };
  t.match(rightsIn({ type: 'void', lines: lines(-1), ...voided }), {
    debits: [{ pool, amount: 1_530, path: '/lines/0/extendedAmount' }],
  });
  t.end();
});

void t.test('what does not belong is refused with its place', (t) => {
  const cases: [JsonObject, string][] = [
    [
      { type: 'cash', amount: 1, memberId: 'm', points: 1 },
      'TXN_RIGHTS_MISPLACED /tenders/1/memberId',
    ],
    [{ type: 'cash', amount: 1, accountId: 'a' }, 'TXN_RIGHTS_MISPLACED /tenders/1/accountId'],
    [{ type: 'points', amount: 1, memberId: 'm' }, 'TXN_RIGHTS_INCOMPLETE /tenders/1/points'],
    [{ type: 'points', amount: 1, points: 1 }, 'TXN_RIGHTS_INCOMPLETE /tenders/1/memberId'],
    [{ type: 'points', amount: 1, points: 0, memberId: 'm' }, 'TXN_POINTS_SIGN /tenders/1/points'],
    [{ type: 'points', amount: 1, points: -1, memberId: 'm' }, 'TXN_POINTS_SIGN /tenders/1/points'],
    [
      { type: 'points', amount: 1, points: 1, memberId: 'a/b' },
      'TXN_VALUE_INVALID /tenders/1/memberId',
    ],
  ];
  for (const [tender, expected] of cases) t.same(codesIn(tenders(tender)), [expected]);
  t.same(codesIn(tenders({ type: 'points', amount: 1 })), [], 'as before: no right is named');
  const lines = [sampleLine({ discounts: [{ amount: 0, couponCode: 'A' }] })];
  t.same(codesIn({ lines }), ['TXN_RIGHTS_INCOMPLETE /lines/0/discounts/0/couponId']);
  const loyalty = { memberId: 'm', pointsEarned: 1 };
  const voided = { type: 'void', loyalty };
  t.same(codesIn(voided), ['TXN_POINTS_SIGN /loyalty/pointsEarned']);
  const most = Number.MAX_SAFE_INTEGER;
  const huge = tenders(
    { type: 'points', amount: 0, memberId: 'm', points: most },
    { type: 'points', amount: 0, memberId: 'm', points: 1 },
  );
  t.same(codesIn(huge), ['TXN_NUMBER_OUT_OF_RANGE /tenders/2/points']);
  t.end();
});
