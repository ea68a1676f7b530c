import fc from 'fast-check';
import t from 'tap';
import {
  WEIGHT_UNITS,
  compareWeights,
  convertWeight,
  formatWeight,
  isWithin,
  parseWeight,
  subtractWeights,
} from './weight.ts';
import type { Weight, WeightUnit } from './weight.ts';

const kg = (value: number, scale = 3): Weight => ({ value, scale, unit: 'kg' });

const anyWeight = fc.record({
  value: fc.integer({ min: -10_000_000, max: 10_000_000 }),
  scale: fc.integer({ min: 0, max: 4 }),
  unit: fc.constantFrom<WeightUnit>(...WEIGHT_UNITS),
});

void t.test('weights convert exactly or not at all', (t) => {
  t.strictSame(convertWeight(kg(1250), 'g'), { value: 1250, scale: 0, unit: 'g' });
  t.strictSame(convertWeight({ value: 5, scale: 0, unit: 'g' }, 'kg'), kg(5));
  t.strictSame(convertWeight({ value: 1, scale: 0, unit: 'oz' }, 'lb'), {
    value: 625,
    scale: 4,
    unit: 'lb',
  });
  t.strictSame(convertWeight({ value: 1, scale: 0, unit: 'lb' }, 'g'), {
    value: 45359237,
    scale: 5,
    unit: 'g',
  });
  t.equal(convertWeight(kg(1250), 'lb'), undefined);
  t.equal(convertWeight({ value: 125, scale: 2, unit: 'lb' }, 'kg'), undefined);
  t.end();
});

void t.test('comparison knows that a pound is 453.59237 g', (t) => {
  const pound: Weight = { value: 1, scale: 0, unit: 'lb' };
  t.ok(compareWeights(pound, { value: 4535923, scale: 4, unit: 'g' }) > 0);
  t.ok(compareWeights(pound, { value: 4535924, scale: 4, unit: 'g' }) < 0);
  t.equal(compareWeights(pound, { value: 1600, scale: 2, unit: 'oz' }), 0);
  t.ok(isWithin(kg(-5), 5));
  t.notOk(isWithin(kg(6), 5));
  t.notOk(isWithin({ value: 12, scale: 3, unit: 'lb' }, 5), '0.012 lb are 5.44 g');
  t.end();
});

void t.test('a difference keeps the digits of the scale', (t) => {
  const tare: Weight = { value: 25, scale: 0, unit: 'g' };
  t.strictSame(subtractWeights(kg(1250), tare), kg(1225));
  t.strictSame(subtractWeights(kg(1250), kg(250)), kg(1000));
  t.equal(subtractWeights(kg(1250), { value: 1, scale: 2, unit: 'lb' }), undefined);
  t.end();
});

void t.test('digits of answers are read without a float', (t) => {
  t.strictSame(parseWeight('  01.250 ', 'KG'), kg(1250));
  t.strictSame(parseWeight('-.5', 'lb'), { value: -5, scale: 1, unit: 'lb' });
  t.equal(parseWeight('1.2.3', 'kg'), undefined);
  t.equal(parseWeight('1.2', 'ct'), undefined);
  t.equal(formatWeight(kg(-5)), '-0.005 kg');
  t.end();
});

void t.test('what converts comes back as the same weight', (t) => {
  fc.assert(
    fc.property(anyWeight, fc.constantFrom<WeightUnit>(...WEIGHT_UNITS), (weight, unit) => {
      const there = convertWeight(weight, unit);
      if (there === undefined) return;
      t.equal(compareWeights(there, weight), 0);
      const back = convertWeight(there, weight.unit);
      t.ok(back !== undefined && compareWeights(back, weight) === 0);
    }),
    { numRuns: 200 },
  );
  t.end();
});

void t.test('text of a weight reads back as the weight', (t) => {
  fc.assert(
    fc.property(anyWeight, (weight) => {
      const [digits = '', unit = ''] = formatWeight(weight).split(' ');
      t.strictSame(parseWeight(digits, unit), { ...weight, value: weight.value + 0 });
    }),
    { numRuns: 200 },
  );
  t.end();
});
