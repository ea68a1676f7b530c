/**
 * Feeds the edge what nobody should send: structure-aware changes of valid sequences, the same for a
 * seed. A finding prints the seed that repeats it and ends with exit code 1.
 *
 *   npm run fuzz -- [--seed S] [--runs N] [--target guard|json|replication|store|hq]
 */
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { BATCH_RUNS, fuzz, TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '10000' },
    target: { type: 'string' },
  },
});
const seed = Number(values.seed);
const runs = Number(values.runs);
const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];

let underWay = '';
process.on('uncaughtException', (error) => {
  console.error(error);
  console.error(`The process would have died. Near it: npm run fuzz -- ${underWay}`);
  process.exit(1);
});

for (const name of names) {
  const bar = new SingleBar({ format: `${name} {bar} {value}/{total}`, noTTYOutput: false });
  bar.start(runs, 0);
  underWay = `--target ${name} --seed ${seed} --runs ${BATCH_RUNS}`;
  const startMs = performance.now();
  const finding = await fuzz(name, { seed, runs }, (done) => {
    bar.update(done);
    underWay = `--target ${name} --seed ${seed + done} --runs ${BATCH_RUNS}`;
  });
  bar.stop();
  if (finding !== undefined) {
    console.error(finding.error);
    console.error(`Repeat it: npm run fuzz -- --target ${name} --seed ${finding.seed} --runs 1`);
    process.exit(1);
  }
  const seconds = (performance.now() - startMs) / 1000;
  const mib = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(`${name}: ${runs} runs, no finding, ${Math.round(runs / seconds)}/s, ${mib} MiB`);
}
