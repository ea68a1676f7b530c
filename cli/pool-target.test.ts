import t from 'tap';
import { CommandInput } from './command-input.ts';
import { amountOf, poolOf, shownAmount } from './pool-target.ts';

const poolFor = (options: Record<string, string>): string =>
  poolOf(new CommandInput(new Map(), options));

void t.test('a pool is named by one option', (t) => {
  t.equal(poolFor({ stock: 's1/tea' }), 'stock:s1/tea');
  t.equal(poolFor({ coupon: 'ten', code: 'X-1' }), 'coupon:ten/X-1');
  t.equal(poolFor({ points: 'm-1' }), 'points:m-1');
  t.equal(poolFor({ storedValue: 'gift-1/EUR' }), 'storedValue:gift-1/EUR');
  for (const wrong of [{}, { stock: 'tea' }, { points: 'a', coupon: 'b' }, { storedValue: 'x' }]) {
    t.throws(() => poolFor(wrong), { code: 'USAGE' });
  }
  t.end();
});

void t.test('amounts are written and shown as people count', (t) => {
  const cases = [
    ['stock:s1/tea', '12', 12_000, '12'],
    ['stock:s1/tea', '0.25', 250, '0.25'],
    ['storedValue:a/EUR', '10.5', 1_050, '10.50'],
    ['storedValue:a/JPY', '10', 10, '10'],
    ['points:m', '7', 7, '7'],
  ] as const;
  for (const [pool, text, amount, shown] of cases) {
    t.equal(amountOf(pool, text), amount, text);
    t.equal(shownAmount(pool, amount), shown, shown);
  }
  t.equal(shownAmount('stock:s1/tea', -1_500), '-1.5');
  for (const [pool, text] of [
    ['points:m', '1.5'],
    ['stock:s1/tea', '0.0005'],
    ['stock:s1/tea', '-1'],
    ['points:m', 'many'],
  ] as const) {
    t.throws(() => amountOf(pool, text), { code: 'USAGE' });
  }
  t.end();
});
