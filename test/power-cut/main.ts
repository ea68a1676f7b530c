/**
 * `npm run power-cut -- --cuts N --seed S [--disk snapshot|volatile|both]`: cuts the power of the
 * gateway's and headquarters' disks N times and says whether anything that a till was told is missing
 * or doubled. Exits with 1 if so. Needs root, and the programs that `missingForCuts` names.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption } from '../../bench/figures.ts';
import { openProgress } from '../../platform/progress.ts';
import { runPowerCuts } from './campaign.ts';
import type { DiskName } from './campaign.ts';
import { missingForCuts } from './needs.ts';

const cuts = numberOption('cuts', 100);
const seed = numberOption('seed', 1);
const disks = diskOption();
const missing = missingForCuts();
if (missing.length > 0) {
  console.error(`Power cuts need ${missing.join(', ')}.`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'tillgate-power-cut-'));
const stream = process.stderr;
const progress = openProgress({ label: 'cuts', total: cuts, stream, silent: false });
const startedMs = performance.now();
const summary = await runPowerCuts({ folder, seed, cuts, disks, onCut: (n) => progress.update(n) });
progress.stop();
rmSync(folder, { recursive: true, force: true });

for (const violation of summary.violations) console.log(`VIOLATION: ${violation}`);
const { accepted, kept, starts, worlds, violations } = summary;
const seconds = Math.round((performance.now() - startedMs) / 1_000);
console.log(
  `seed ${seed}: ${summary.cuts} power cuts over ${worlds} stores (${disks.join(', ')}) in ${seconds} s, ` +
    `both sides started again after ${starts} of them; ${accepted} sales accepted, ${kept} refusals ` +
    'and conflicts; ' +
    (violations.length === 0 ? 'nothing lost, nothing doubled' : `${violations.length} violations`),
);
process.exitCode = violations.length === 0 ? 0 : 1;

function diskOption(): DiskName[] {
  const at = process.argv.indexOf('--disk');
  const word = at < 0 ? 'both' : process.argv[at + 1];
  if (word === 'both') return ['snapshot', 'volatile'];
  if (word === 'snapshot' || word === 'volatile') return [word];
  throw new Error('--disk takes snapshot, volatile or both');
}
