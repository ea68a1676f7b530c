/**
 * `npm run rights-model -- --seed S --runs N [--length L]`: histories of rights from seed S on. The
 * first that breaks is printed as the shortest list of commands that still does; the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { openProgress } from '../../../platform/progress.ts';
import { runCampaign } from './campaign.ts';

const USAGE_EXIT = 64;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '50000' },
    length: { type: 'string', default: '100' },
  },
});
process.exitCode = main();

function main(): number {
  const [seed = NaN, runs = NaN, length = NaN] = [values.seed, values.runs, values.length].map(
    Number,
  );
  if (![seed, runs, length].every((n) => Number.isSafeInteger(n) && n > 0)) {
    console.error('Error: --seed, --runs and --length are whole numbers above zero.');
    return USAGE_EXIT;
  }
  const startedMs = performance.now();
  const progress = openProgress({
    label: 'runs',
    total: runs,
    stream: process.stderr,
    silent: false,
  });
  const onProgress = (done: number): void => progress.update(done);
  const { runs: done, met, failure } = runCampaign({ seed, runs, length, onProgress });
  progress.stop();
  for (const [name, count] of Object.entries(met)) {
    console.log(`${String(count).padStart(8)}  ${name}`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const pace = `${done} histories from seed ${seed} in ${seconds.toFixed(1)} s`;
  console.log(`${pace}; ${failure === undefined ? 'none' : 'one'} broke a promise`);
  if (failure === undefined) return 0;
  console.log(`\nVIOLATION at seed ${failure.seed}: ${failure.findings.join('; ')}`);
  for (const command of failure.commands) console.log(`  ${JSON.stringify(command)}`);
  return 1;
}
