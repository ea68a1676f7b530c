/**
 * `npm run sim -- --seed S --runs N --stores K [--jobs J] [--scenario small|wide|long] [--json]`:
 * simulated runs from seed S on. A broken promise is printed with its seed and the shortest script
 * that still breaks it, and the exit code is 1. `--runs 1` plays one seed again and shows its trace.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { openProgress } from '../../platform/progress.ts';
import { runCampaign, type CampaignSummary, type Failure } from './campaign.ts';
import { describeStep } from './script.ts';
import { shorten } from './shorten.ts';
import { SCENARIOS, simulate, type RunOptions, type Scenario } from './simulate.ts';

const USAGE_EXIT = 64;
/** Failures that are made short: each takes a few seconds. */
const SHORTENED_MAX = 3;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1000' },
    stores: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    scenario: { type: 'string', default: 'small' },
    json: { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const scenario = (Object.keys(SCENARIOS) as Scenario[]).find((name) => name === values.scenario);
  const [seed = NaN, ...counts] = [values.seed, values.runs, values.stores, values.jobs].map(
    Number,
  );
  const [runs = NaN, stores = NaN, jobs = NaN] = counts;
  const isWhole =
    Number.isSafeInteger(seed) && counts.every((n) => Number.isSafeInteger(n) && n > 0);
  if (scenario === undefined || !isWhole) {
    console.error('Error: --seed, --runs, --stores and --jobs are whole numbers; --scenario is');
    console.error(`one of ${Object.keys(SCENARIOS).join(', ')}.`);
    return USAGE_EXIT;
  }
  const common = { seed, runs, stores, jobs, scenario };
  const progress = openProgress({
    ...{ label: 'runs', total: runs, stream: process.stderr, silent: values.json },
  });
  const summary = await runCampaign({ ...common, onProgress: (done) => progress.update(done) });
  progress.stop();
  if (values.json) console.log(JSON.stringify({ ...common, ...summary }, null, 2));
  else await tell(summary, { seed: String(seed), scenario, stores });
  return summary.failures.length === 0 ? 0 : 1;
}

async function tell(summary: CampaignSummary, run: RunOptions): Promise<void> {
  printSummary(summary, run.seed);
  for (const { seed, promise } of summary.failures) console.log(`broken: seed ${seed}: ${promise}`);
  for (const failure of summary.failures.slice(0, SHORTENED_MAX)) await printFailure(failure, run);
  if (summary.runs === 1) console.log(`\n${(await simulate(run)).trace.join('\n')}`);
}

function printSummary(summary: CampaignSummary, seed: string): void {
  const { events, messages, answers, seconds, runsPerSecond, coverage, failures } = summary;
  for (const [name, count] of Object.entries(coverage)) {
    console.log(`${String(count).padStart(8)}  ${name}`);
  }
  console.log(
    `${summary.runs} runs from seed ${seed} in ${seconds.toFixed(1)} s, ` +
      `${runsPerSecond.toFixed(1)} runs/s: ${events} events, ${messages} messages, ` +
      `${answers} answers to tills; ${failures.length} runs broke a promise`,
  );
}

async function printFailure(failure: Failure, common: RunOptions): Promise<void> {
  const run = { ...common, seed: String(failure.seed) };
  console.log(`\nVIOLATION in seed ${run.seed}: ${failure.promise}: ${failure.detail}`);
  const { steps, tries } = await shorten(run, failure.promise);
  console.log(`The shortest script that still breaks it (${tries} tries):`);
  for (const step of steps) console.log(`  ${describeStep(step)}`);
  const words = `--seed ${run.seed} --runs 1 --stores ${run.stores} --scenario ${run.scenario}`;
  console.log(`Again: npm run sim -- ${words}`);
}
