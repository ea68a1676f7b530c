/** `npm run peripheral-crash -- --kills N --seed S`: see killed-jobs.ts. */
import { parseArgs } from 'node:util';
import { killJobs } from './killed-jobs.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
  },
});
const verdict = await killJobs({ kills: Number(values.kills), seed: Number(values.seed) });
console.log(JSON.stringify(verdict, null, 2));
process.exitCode = verdict.violations.length === 0 ? 0 : 1;
