/**
 * Goal: whatever is cut, repeated, copied, restored and crashed, no more is promised than there is, no
 * balance goes below zero, everybody agrees in the end, and every conflict has one entry. Method: the
 * product's own rules over histories that fast-check makes; here a slice, `npm run rights-model` for
 * more. Mistakes made on purpose have to be found, or the rest proves nothing.
 */
import t from 'tap';
import { runCampaign } from './campaign.ts';
import { MODEL_BUGS } from './model-world.ts';
import type { ModelBug } from './model-world.ts';

const SEED = 7;
const LENGTH = 100;

/** Seeds that find it soon; any other does within some thousand histories. */
const FOUND_BY: Record<ModelBug, number> = {
  'issues before all have reported': 8,
  'spends while frozen': 1,
  'forgets what was spent when it starts': 1,
  'promises from what no gateway mirrors': 6,
  'says a conflict again': 1,
};

void t.test('no schedule promises more than there is', (t) => {
  const { failure, met } = runCampaign({ seed: SEED, runs: 500, length: LENGTH });
  t.strictSame(failure, undefined);
  for (const name of ['spends', 'forks', 'restored headquarters', 'overdrafts']) {
    t.ok((met[name] ?? 0) > 0, name);
  }
  t.end();
});

for (const bug of MODEL_BUGS) {
  void t.test(`a headquarters or gateway that ${bug} is found`, (t) => {
    const { failure } = runCampaign({ seed: FOUND_BY[bug], runs: 500, length: LENGTH, bug });
    t.ok(failure !== undefined && failure.findings.length > 0);
    t.end();
  });
}
