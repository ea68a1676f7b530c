/**
 * Days of printing with bad luck: `npm run printing -- --seed 1 --runs 500`. A broken promise is
 * printed with its seed, and `--runs 1` with that seed plays it again. Exits with 1 if there was one.
 */
import { parseArgs } from 'node:util';
import { playSchedule } from './printing-schedule.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '500' },
  },
});
const first = Number(values.seed);
const runs = Number(values.runs);
const states: Record<string, number> = {};
let broken = 0;
for (let seed = first; seed < first + runs; seed += 1) {
  const report = await playSchedule(seed);
  for (const [state, count] of Object.entries(report.states)) {
    states[state] = (states[state] ?? 0) + count;
  }
  for (const violation of report.violations) {
    broken += 1;
    console.log(`seed ${seed}: ${violation}`);
  }
}
console.log(`${runs} days, jobs ${JSON.stringify(states)}, ${broken} broken promises`);
process.exitCode = broken > 0 ? 1 : 0;
