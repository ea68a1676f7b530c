/**
 * How long `tillgate run` takes until it answers, and how much memory it holds, with a log of
 * 1,000,000 entries of which headquarters, which is away, has none. Beside it what an empty Node.js
 * process takes for both.
 *
 *     node bench/start.ts [--entries N] [--body BYTES] [--rounds N]
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gatewayPaths } from '../config/paths.ts';
import { connectControl } from '../daemon/control/control-client.ts';
import { benchHome } from './built-home.ts';
import { median, numberOption, wantedAtMost } from './figures.ts';

const MAIN = fileURLToPath(new URL('../bin/tillgate.js', import.meta.url));
/** Long enough for the uplink's first attempts and for whatever grows in the first moments. */
const SETTLE_MS = 10_000;

const entries = numberOption('entries', 1_000_000);
const bodyBytes = numberOption('body', 1_024);
const rounds = numberOption('rounds', 5);

const home = benchHome({ entries, bodyBytes });
await enrolAtNobody();

const starts: number[] = [];
let memory = { resident: 0, peak: 0 };
for (let round = 0; round < rounds; round++) {
  const last = round === rounds - 1;
  const { milliseconds, child } = await start();
  starts.push(milliseconds);
  if (last) {
    await sleep(SETTLE_MS);
    memory = memoryOf(child);
  }
  await stop(child);
}
const empty = emptyProcess();
const seconds = median(starts) / 1_000;
console.log(`log                 ${entries} entries, none of them at headquarters, which is away`);
console.log(`start               ${seconds.toFixed(2)} s ${wantedAtMost(seconds, 1.5, 's')}`);
console.log(`baseline, start     ${(empty.milliseconds / 1_000).toFixed(2)} s (an empty process)`);
console.log(`ratio, start        ${((seconds * 1_000) / empty.milliseconds).toFixed(1)}`);
console.log(
  `resident memory     ${memory.resident} MiB ${wantedAtMost(memory.resident, 200, 'MiB')}`,
);
console.log(`peak memory         ${memory.peak} MiB`);
console.log(`baseline, memory    ${empty.resident} MiB (an empty process)`);
console.log(`ratio, memory       ${(memory.resident / empty.resident).toFixed(1)}`);

function tillgate(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tillgate ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** Enrols the gateway at a headquarters whose port nobody listens on. */
async function enrolAtNobody(): Promise<void> {
  const document = join(home, 'enrolment-for-nobody.json');
  if (existsSync(document)) return;
  const hq = join(home, 'hq');
  rmSync(hq, { recursive: true, force: true });
  tillgate('--home', hq, 'hq', 'init');
  tillgate(
    '--home',
    hq,
    'config',
    'set',
    '--hq',
    'publicUrl',
    `mqtt://127.0.0.1:${await closedPort()}`,
  );
  const { verifierKey } = JSON.parse(tillgate('--home', home, 'log', 'key', '--json')) as {
    verifierKey: string;
  };
  const text = tillgate(
    '--home',
    hq,
    'hq',
    'store',
    'add',
    '--verifier-key',
    verifierKey,
    '--json',
  );
  writeFileSync(document, text);
  for (const key of ['mqtt.port', 'http.port']) tillgate('--home', home, 'config', 'set', key, '0');
  tillgate('--home', home, 'hq', 'join', document);
}

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Starts the daemon; it has started when it answers with the port that tills may connect to. */
async function start(): Promise<{ milliseconds: number; child: ChildProcess }> {
  const startedAt = process.hrtime.bigint();
  const child = spawn(process.execPath, [MAIN, '--home', home, 'run'], { stdio: 'ignore' });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`);
    if (await answers()) break;
    await sleep(5);
  }
  return { milliseconds: Number(process.hrtime.bigint() - startedAt) / 1e6, child };
}

async function answers(): Promise<boolean> {
  const client = await connectControl(gatewayPaths(home).controlSocket);
  if (client === undefined) return false;
  try {
    const { mqtt, log } = await client.call('status', {});
    if (log.size < entries) throw new Error(`the log has ${log.size} entries`);
    return mqtt.port > 0;
  } finally {
    client.close();
  }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** MiB now and at the peak, proc(5). */
function memoryOf(child: ChildProcess): { resident: number; peak: number } {
  const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { resident: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

function emptyProcess(): { milliseconds: number; resident: number } {
  const times: number[] = [];
  let resident = 0;
  for (let round = 0; round < rounds; round++) {
    const startedAt = process.hrtime.bigint();
    const words = ['-e', 'console.log(process.memoryUsage.rss())'];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    times.push(Number(process.hrtime.bigint() - startedAt) / 1e6);
    resident = Math.round(Number(stdout) / 1024 ** 2);
  }
  return { milliseconds: median(times), resident };
}
