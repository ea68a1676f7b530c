/**
 * Goal: a short slice of the fuzzer in every test run, and that it finds what it looks for. The
 * campaign is `npm run fuzz`.
 */
import t from 'tap';
import { Random } from './random.ts';
import { fuzz, TARGETS } from './targets.ts';

const RUNS: Record<string, number> = {
  guard: 3_000,
  json: 3_000,
  replication: 3_000,
  store: 400,
  hq: 300,
};

for (const name of Object.keys(TARGETS)) {
  void t.test(`${name}: nothing that is sent breaks it`, async (t) => {
    const finding = await fuzz(name, { seed: 1, runs: RUNS[name] ?? 0 });
    t.equal(finding, undefined);
  });
}

void t.test('a seed repeats itself', (t) => {
  const drawn = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.below(1_000));
  };
  t.same(drawn(7), drawn(7));
  t.notSame(drawn(7), drawn(8));
  t.end();
});
