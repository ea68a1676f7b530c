import fc from 'fast-check';
import t from 'tap';
import { CURRENCY_CODES, minorUnitDigits } from './currency.ts';
import { addExact, exactToJson, formatMoney, narrow, subtractExact } from './money.ts';
import { parseScaled, roundedProduct } from './scaled.ts';

/** The rule in rationals: the nearest integer to n/d, ties away from zero. */
function roundHalfAway(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

const digits = fc.constantFrom(0, 2, 3, 4);
const scale = fc.nat(6);

void t.test('a product is exact and rounded half away from zero, whatever its size', (t) => {
  const value = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -10_000, max: 10_000 }));
  fc.assert(
    fc.property(value, scale, value, scale, digits, (q, qs, p, ps, digits) => {
      const got = roundedProduct({ value: q, scale: qs }, { value: p, scale: ps }, digits);
      const numerator = BigInt(q) * BigInt(p) * 10n ** BigInt(digits);
      const expected = roundHalfAway(numerator, 10n ** BigInt(qs + ps));
      return got === narrow(expected) && !Object.is(got, -0);
    }),
    { numRuns: 10_000 },
  );
  t.end();
});

void t.test('halves go away from zero on both sides', (t) => {
  const half = (value: number): unknown =>
    roundedProduct({ value, scale: 0 }, { value: 5, scale: 3 }, 2);
  t.strictSame([1, -1, 3, -3, 5, -5].map(half), [1, -1, 2, -2, 3, -3]);
  t.end();
});

void t.test('sums stay exact beyond the safe integers and come back into them', (t) => {
  const max = Number.MAX_SAFE_INTEGER;
  const beyond = addExact(max, max);
  t.equal(beyond, 18014398509481982n);
  t.equal(exactToJson(beyond), '18014398509481982');
  t.equal(addExact(beyond, -max), max);
  t.equal(subtractExact(5, 7), -2);
  t.end();
});

void t.test('money and scaled values are written and read as decimals', (t) => {
  t.equal(formatMoney(74895702, 2), '748957.02');
  t.equal(formatMoney(-5, 2), '-0.05');
  t.equal(formatMoney(5, 0), '5');
  t.equal(formatMoney(18014398509481982n, 3), '18014398509481.982');
  t.strictSame(parseScaled('2.095'), { value: 2095, scale: 3 });
  t.strictSame(parseScaled('-12'), { value: -12, scale: 0 });
  t.strictSame(parseScaled('0'), { value: 0, scale: 0 });
  for (const bad of ['', '.5', '1e3', '1.2345678', '9007199254740992', '+1', '1,5']) {
    t.equal(parseScaled(bad), undefined, bad);
  }
  t.end();
});

void t.test('currencies carry the digits of ISO 4217', (t) => {
  t.equal(minorUnitDigits('GBP'), 2);
  t.equal(minorUnitDigits('JPY'), 0);
  t.equal(minorUnitDigits('KWD'), 3);
  t.equal(minorUnitDigits('CLF'), 4);
  for (const none of ['XAU', 'XXX', 'XTS', 'gbp', 'ZZZ', '']) {
    t.equal(minorUnitDigits(none), undefined, none);
  }
  t.ok(CURRENCY_CODES.every((code) => /^[A-Z]{3}$/.test(code)));
  t.equal(new Set(CURRENCY_CODES).size, CURRENCY_CODES.length);
  t.end();
});
