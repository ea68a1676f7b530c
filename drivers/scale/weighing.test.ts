import fc from 'fast-check';
import t from 'tap';
import { Weighing } from './weighing.ts';
import type { Reading, WeighingRules } from './weighing.ts';

const RULES: WeighingRules = {
  ...{ unit: 'kg', stableReads: 2, zeroToleranceGrams: 5, zeroReturn: true },
};

const grams = (value: number, stable = true): Reading => ({
  ...{ type: 'weight', stable, isNet: false, raw: new Uint8Array() },
  weight: { value, scale: 3, unit: 'kg' },
});

void t.test('a weight has to be the same for some readings', (t) => {
  const weighing = new Weighing(RULES);
  weighing.observe(grams(500));
  t.match(weighing.verdict(), { type: 'wait', reason: 'SCAL_SUE_WEIGHT_UNSTABLE' });
  weighing.observe(grams(505));
  t.match(weighing.verdict(), { type: 'wait' });
  weighing.observe(grams(505));
  t.match(weighing.verdict(), { type: 'weight' });
  weighing.observe(grams(505, false));
  t.match(weighing.verdict(), { type: 'wait' });
  t.end();
});

void t.test('within the tolerance is nothing, one gram above is goods', (t) => {
  const weighing = new Weighing({ ...RULES, stableReads: 1 });
  weighing.observe(grams(5));
  t.match(weighing.verdict(), { reason: 'SCAL_SUE_WEIGHT_ZERO' });
  t.ok(weighing.isZero());
  weighing.observe(grams(6));
  t.match(weighing.verdict(), { type: 'weight' });
  weighing.observe(grams(-6));
  t.match(weighing.verdict(), { reason: 'SCAL_SUE_WEIGHT_UNDER_ZERO' });
  t.end();
});

void t.test('an empty plate that only swings past zero is not empty', (t) => {
  const weighing = new Weighing({ ...RULES, stableReads: 1 });
  weighing.observe(grams(500));
  weighing.completed();
  weighing.observe(grams(0, false));
  weighing.observe(grams(500));
  t.match(weighing.verdict(), { reason: 'SCALE_NO_ZERO_RETURN' });
  weighing.observe({ type: 'none', reason: 'SCAL_SUE_WEIGHT_UNDER_ZERO' });
  weighing.observe(grams(500));
  t.match(weighing.verdict(), { type: 'weight' });
  t.end();
});

void t.test('the rule can be switched off', (t) => {
  const weighing = new Weighing({ ...RULES, stableReads: 1, zeroReturn: false });
  weighing.observe(grams(500));
  weighing.completed();
  t.match(weighing.verdict(), { type: 'weight' });
  t.end();
});

void t.test('whatever is read, two sales have an empty plate between them', (t) => {
  const reading = fc.oneof(
    fc.tuple(fc.integer({ min: -20, max: 30 }), fc.boolean()).map(([v, s]) => grams(v, s)),
    fc.constant<Reading>({ type: 'none', reason: 'SCAL_SUE_NOT_READY' }),
  );
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 60 }), (readings) => {
      const weighing = new Weighing(RULES);
      let wasEmpty = true;
      for (const item of readings) {
        weighing.observe(item);
        if (item.type === 'weight' && item.stable && item.weight.value <= 5) wasEmpty = true;
        if (weighing.verdict().type !== 'weight') continue;
        t.ok(wasEmpty);
        wasEmpty = false;
        weighing.completed();
      }
    }),
    { numRuns: 300 },
  );
  t.end();
});
