/**
 * Goal: the simulator finds what it is there to find. Method: each of five mistakes is wrapped
 * around the product; a few hundred seeds must show it, by the promise that it breaks.
 */
import t from 'tap';
import type { DeliberateBug } from './deliberate-bugs.ts';
import type { PromiseKept } from './oracle.ts';
import { simulate } from './simulate.ts';

/** Each was found within a fraction of these. */
const SEEDS_MAX = 600;

const FOUND_BY: Readonly<Record<DeliberateBug, PromiseKept>> = {
  dropFsync: 'accepted',
  answerBeforeCommit: 'accepted',
  cosignBeforeCustody: 'cosigned',
  reuseIndexAfterRollback: 'heads',
  claimOnRejection: 'answers',
};

t.setTimeout(240_000);

for (const [bug, promise] of Object.entries(FOUND_BY) as [DeliberateBug, PromiseKept][]) {
  void t.test(`${bug} is found`, { timeout: 240_000 }, async (t) => {
    for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
      const { violations } = await simulate({
        seed: String(seed),
        scenario: 'small',
        stores: 1,
        bug,
      });
      if (violations.every((violation) => violation.promise !== promise)) continue;
      t.comment(`seed ${seed}: ${violations[0]?.detail ?? ''}`);
      t.pass(`seed ${seed} breaks the promise '${promise}'`);
      return;
    }
    t.fail(`no seed up to ${SEEDS_MAX} shows it`);
  });
}
