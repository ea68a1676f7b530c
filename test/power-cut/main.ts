/**
 * `npm run power-cut -- --cuts N --seed S [--disk snapshot|volatile|both]`: cuts the power of the
 * gateway's and headquarters' disks N times and says whether anything that a till was told is missing
 * or doubled. With `--compare [--messages N] [--stream N] [--sales N]` it asks other brokers the same. Exits with 1
 * if Tillgate lost anything. Needs root, and the programs that `missingForCuts` names.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption } from '../../bench/figures.ts';
import { openProgress } from '../../platform/progress.ts';
import { leftover } from '../support/leftovers.ts';
import { compare } from './comparison.ts';
import { evidenceFolder, runPowerCuts } from './campaign.ts';
import type { DiskName } from './campaign.ts';
import { missingForCuts } from './needs.ts';

const stream = process.stderr;
const seed = numberOption('seed', 1);
const missing = missingForCuts();
if (missing.length > 0) {
  console.error(`Power cuts need ${missing.join(', ')}.`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'tillgate-power-cut-'));
const evidence = evidenceFolder(folder);
leftover(() => {
  if (existsSync(evidence)) console.log(`The homes that were found wrong are kept in ${evidence}.`);
  else rmSync(folder, { recursive: true, force: true });
});
if (process.argv.includes('--compare')) await compareBrokers();
else await cutPower();

async function cutPower(): Promise<void> {
  const cuts = numberOption('cuts', 100);
  const disks = diskOption();
  const progress = openProgress({ label: 'cuts', total: cuts, stream, silent: false });
  const startedMs = performance.now();
  const onCut = (count: number): void => progress.update(count);
  const summary = await runPowerCuts({ folder, seed, cuts, disks, onCut });
  progress.stop();
  for (const violation of summary.violations) console.log(`VIOLATION: ${violation}`);
  const { accepted, kept, starts, worlds, rolls, violations } = summary;
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  console.log(
    `seed ${seed}: ${summary.cuts} power cuts over ${worlds} stores (${disks.join(', ')}) in ` +
      `${seconds} s, both sides started again after ${starts} of them; ${accepted} sales accepted, ` +
      `${kept} refusals and conflicts, ${rolls} new segments at headquarters; ` +
      (violations.length === 0
        ? 'nothing lost, nothing doubled'
        : `${violations.length} violations`),
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
}

async function compareBrokers(): Promise<void> {
  const messages = numberOption('messages', 2_000);
  const manySales = numberOption('sales', 100_000);
  const manyMessages = numberOption('stream', 100_000);
  const progress = openProgress({ label: 'sales', total: manySales, stream, silent: false });
  await compare({
    ...{ folder, seed, messages, manyMessages, manySales },
    onAccepted: (accepted) => progress.update(accepted),
    onResult: (name, { acknowledged, lost }) => {
      console.log(`${name}: ${lost} lost of ${acknowledged} acknowledged`);
      if (name.startsWith('Tillgate') && lost > 0) process.exitCode = 1;
    },
  });
  progress.stop();
}

function diskOption(): DiskName[] {
  const at = process.argv.indexOf('--disk');
  const word = at < 0 ? 'both' : process.argv[at + 1];
  if (word === 'both') return ['snapshot', 'volatile'];
  if (word === 'snapshot' || word === 'volatile') return [word];
  throw new Error('--disk takes snapshot, volatile or both');
}
