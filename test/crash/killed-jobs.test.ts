/** A slice of `npm run peripheral-crash`: see killed-jobs.ts for what is held against what. */
import t from 'tap';
import { killJobs } from './killed-jobs.ts';

t.setTimeout(120_000);

void t.test(
  'prints happen once, or are said to be unknown, whenever the gateway dies',
  async (t) => {
    const { jobs, states, violations } = await killJobs({ kills: 3, seed: 7 });
    t.strictSame(violations, []);
    t.ok(jobs > 20, `${jobs} jobs: ${JSON.stringify(states)}`);
    t.ok((states['done'] ?? 0) > 0);
  },
);
