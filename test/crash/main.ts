/**
 * `npm run crash -- --runs N --seed S`: kills the gateway and headquarters N times and says whether
 * anything that a till was told is missing or doubled. Exits with 1 and keeps the homes if so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption } from '../../bench/figures.ts';
import { openProgress } from '../../platform/progress.ts';
import { runCrashes } from './campaign.ts';
import { hasStrace } from './fates.ts';

const runs = numberOption('runs', 100);
const seed = numberOption('seed', 1);
if (!hasStrace) console.log('No strace here: only random moments, no named points.');
const folder = mkdtempSync(join(tmpdir(), 'tillgate-crash-'));
const progress = openProgress({
  label: 'kills',
  total: runs,
  stream: process.stderr,
  silent: false,
});
const startedMs = performance.now();
const summary = await runCrashes({
  folder,
  seed,
  runs,
  onDeath: (deaths) => progress.update(Math.min(deaths, runs)),
});
progress.stop();
for (const [way, count] of [...summary.ways].sort())
  console.log(`${String(count).padStart(6)}  ${way}`);
for (const violation of summary.violations) console.log(`VIOLATION: ${violation}`);
const { gatewayDeaths, hqDeaths, accepted, kept, repeated, worlds, violations, evidence } = summary;
const seconds = Math.round((performance.now() - startedMs) / 1_000);
console.log(
  `seed ${seed}: ${gatewayDeaths} kills of the gateway and ${hqDeaths} of headquarters over ` +
    `${worlds} stores in ${seconds} s; ${accepted} sales accepted, ${kept} refusals and conflicts, ` +
    `${repeated} answers repeated; ` +
    (violations.length === 0 ? 'nothing lost, nothing doubled' : `${violations.length} violations`),
);
if (evidence !== undefined) console.log(`The homes are kept in ${evidence}.`);
else rmSync(folder, { recursive: true, force: true });
process.exitCode = violations.length === 0 ? 0 : 1;
