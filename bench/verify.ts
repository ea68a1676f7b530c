/**
 * How fast `tillgate log verify` reads a log of 1,000,000 sales of 1 KiB, beside what plain SHA-256
 * over the same leaves costs in the same run; and how much memory the verifying process takes at its
 * peak. Rates a core are per second of CPU, the start of the process included, so that whatever else
 * runs on the machine does not count.
 *
 *     node bench/verify.ts [--entries N] [--body BYTES]
 *
 * The log is built once, from a fixed seed, and kept under the system's temporary folder.
 */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openLedgerReader } from '../daemon/ledger/reader.ts';
import { benchHome } from './built-home.ts';
import { numberOption, wantedRate } from './figures.ts';

const entries = numberOption('entries', 1_000_000);
const bodyBytes = numberOption('body', 1_024);
const cores = availableParallelism();

const home = benchHome({ entries, bodyBytes });

const verified = verify();
const baseline = hashRate();
console.log(`log                 ${entries} entries with bodies of ${bodyBytes} bytes`);
console.log(`verify              ${Math.round(verified.rate)} entries/s on ${cores} cores`);
const wanted = wantedRate(verified.ratePerCpu, 50_000);
console.log(`verify, a core      ${Math.round(verified.ratePerCpu)} entries/s of CPU ${wanted}`);
console.log(`baseline, a core    ${Math.round(baseline)} entries/s of CPU, read and SHA-256 only`);
console.log(`ratio, a core       ${(verified.ratePerCpu / baseline).toFixed(2)}`);
console.log(`peak memory         ${Math.round(verified.peakBytes / 1024 ** 2)} MiB`);

/** The command as it is, as a process of its own, so that its memory is its own too. */
function verify(): { rate: number; ratePerCpu: number; peakBytes: number } {
  const main = fileURLToPath(new URL('../bin/tillgate.js', import.meta.url));
  const watch = fileURLToPath(new URL('./peak-memory.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', watch, main, '--home', home, 'log', 'verify', '--json'],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) throw new Error(`log verify ended with ${String(status)}: ${stdout}${stderr}`);
  const { seconds } = JSON.parse(stdout) as { seconds: number };
  const peakKib = Number(/peakKib=(\d+)/.exec(stderr)?.[1]);
  const cpuSeconds = Number(/cpuMicroseconds=(\d+)/.exec(stderr)?.[1]) / 1e6;
  const ratePerCpu = entries / cpuSeconds;
  return { rate: entries / seconds, ratePerCpu, peakBytes: peakKib * 1024 };
}

/** Entries a second of CPU when each leaf is read and hashed and nothing else. */
function hashRate(): number {
  const reader = openLedgerReader(`${home}/data`);
  const before = process.cpuUsage();
  let count = 0;
  for (const { leaf } of reader.entries(0, entries)) {
    hash('sha256', leaf, 'buffer');
    count++;
  }
  const { user, system } = process.cpuUsage(before);
  reader.close();
  return count / ((user + system) / 1e6);
}
