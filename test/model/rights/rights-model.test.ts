/**
 * Goal: whatever is cut, repeated, copied, restored and crashed, no more is promised than there is, no
 * balance goes below zero, everybody agrees in the end, and every conflict has one entry. Method: the
 * product's own rules over histories that fast-check makes; here a slice, `npm run rights-model` for
 * more. Mistakes made on purpose have to be found, or the rest proves nothing.
 */
import t from 'tap';
import { runCampaign } from './campaign.ts';
import type { Command } from './model-command.ts';
import { MODEL_BUGS } from './model-world.ts';
import type { ModelBug } from './model-world.ts';
import { runHistory } from './run-history.ts';

const SEED = 7;
const LENGTH = 100;

/** Seeds that find it soon; any other does within some thousand histories. */
const FOUND_BY: Partial<Record<ModelBug, number>> = {
  'issues before all have reported': 8,
  'spends while frozen': 38,
  'forgets what was spent when it starts': 1,
  'says a conflict again': 1,
  'rests grants too early': 1,
  'forgets the names of grants at rest': 2,
};

const MILK = 'stock:s1/milk';

/** What is promised from a grant that was lost with the disk is promised again. */
const LOST_GRANT: Command[] = [
  { type: 'copyHq' },
  { type: 'online', gateway: 0, id: 0, isPromise: false, pool: MILK, amount: 3 },
  { type: 'restoreHq' },
  { type: 'up', gateway: 0, entries: 1 },
  { type: 'up', gateway: 1, entries: 1 },
  { type: 'up', gateway: 2, entries: 1 },
  { type: 'online', gateway: 0, id: 1, isPromise: false, pool: MILK, amount: 4 },
  { type: 'online', gateway: 0, id: 2, isPromise: false, pool: MILK, amount: 4 },
];

void t.test('no schedule promises more than there is', (t) => {
  const { failure, met } = runCampaign({ seed: SEED, runs: 500, length: LENGTH });
  t.strictSame(failure, undefined);
  for (const name of ['spends', 'forks', 'restored headquarters']) {
    t.ok((met[name] ?? 0) > 0, name);
  }
  t.end();
});

for (const bug of MODEL_BUGS) {
  const seed = FOUND_BY[bug];
  if (seed === undefined) continue;
  void t.test(`a headquarters or gateway that ${bug} is found`, (t) => {
    const { failure } = runCampaign({ seed, runs: 500, length: LENGTH, bug });
    t.ok(failure !== undefined && failure.findings.length > 0);
    t.end();
  });
}

void t.test('promises are made from what a gateway mirrors too', (t) => {
  t.strictSame(runHistory(LOST_GRANT).findings, []);
  const { findings } = runHistory(LOST_GRANT, 'promises from what no gateway mirrors');
  t.match(findings, [`${MILK}: 11 spent of 10`]);
  t.end();
});
