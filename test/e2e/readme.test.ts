/**
 * Every command of README.md, run as it stands there: blocks marked `sh` one after the other in one
 * folder, blocks marked `sh daemon` beside them until the end. Only the ports differ, because the
 * ones by default may be taken here. Blocks marked `sh demo` are what the CI runs on a fresh clone.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { needTool } from '../support/need-tool.ts';
import { ownFolder } from '../support/own-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** A start of the gateway takes about a second, of headquarters with its database up to ten. */
const DAEMON_START_MS_MAX = 60_000;

t.setTimeout(240_000);

type Block = { kind: string; script: string };

function blocks(): Block[] {
  return [...README.matchAll(/^```sh ?(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    kind: match[1] ?? '',
    script: match[2] ?? '',
  }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One shell for the whole page; `npx` finds the command of this clone. */
class Shell {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string) {
    this.#folder = folder;
    const path = [folder, join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
    this.#env = { ...process.env, PATH: path };
    const npx = '#!/bin/sh\nshift\nexec node "$ROOT/bin/tillgate.js" "$@"\n';
    writeFileSync(join(folder, 'npx'), npx.replace('$ROOT', ROOT), { mode: 0o755 });
  }

  run(script: string): Promise<{ status: number; output: string }> {
    const child = this.start(script);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve) => {
      child.on('close', (status) => resolve({ status: status ?? -1, output }));
    });
  }

  /** `exec` makes a daemon the child itself, so that a signal reaches it. */
  start(script: string) {
    const options = { cwd: this.#folder, env: this.#env };
    return spawn('bash', ['-euo', 'pipefail', '-c', script], { ...options, stdio: 'pipe' });
  }
}

void t.test('the page has its commands where the test expects them', (t) => {
  const kinds = blocks().map((block) => block.kind);
  t.equal(kinds.filter((kind) => kind === 'daemon').length, 3);
  t.equal(kinds.filter((kind) => kind === '').length, 6);
  t.equal(kinds.filter((kind) => kind === 'demo').length, 1);
  const all = [...README.matchAll(/^```(\w+)/gm)].map((match) => match[1]);
  t.ok(
    all.every((language) => language === 'sh'),
    'no other kind of block hides a command',
  );
  t.end();
});

void t.test('every command does what the page says', async (t) => {
  if (!needTool(t, 'mosquitto_pub') || !needTool(t, 'mosquitto_sub')) return;
  const shell = new Shell(ownFolder(t));
  const ports = { 1883: await freePort(), 1884: await freePort(), 9180: 0, 9190: 0 };
  const printerPort = String(await freePort());
  const withPorts = (script: string): string =>
    script.replaceAll('1883', String(ports[1883])).replaceAll('9100', printerPort);
  const daemons: ReturnType<Shell['start']>[] = [];
  t.teardown(() => daemons.forEach((daemon) => daemon.kill('SIGKILL')));
  const outputs: string[] = [];
  for (const { kind, script } of blocks()) {
    if (kind === 'demo') continue;
    if (kind === 'daemon') {
      await shell.run(portsScript(ports));
      daemons.push(shell.start(`exec ${withPorts(script)}`));
      await untilRunning(shell, script);
      continue;
    }
    const { status, output } = await shell.run(withPorts(script));
    const isOk = t.equal(status, 0, script.split('\n')[0] ?? '');
    if (!isOk) t.comment(output);
    outputs.push(output);
  }
  t.match(outputs[1], '"outcome":"accepted"');
  t.match(outputs[2], /The proof holds/);
  t.match(outputs[3], /"confirmed":true/);
  t.match(outputs[3], /receipts +│? *ready/);
  t.match(outputs[5], '15.30');
});

/** Other ports in the configurations, as far as they are there already. */
function portsScript(ports: Readonly<Record<string, number>>): string {
  const edits = Object.entries(ports).map(([from, to]) => `-e 's/port: ${from}$/port: ${to}/'`);
  return `for file in store/config.yaml hq/hq.yaml; do
    if [ -f $file ]; then sed -i ${edits.join(' ')} $file; fi
  done`;
}

async function untilRunning(shell: Shell, script: string): Promise<void> {
  // What has no status is waited for by those who speak to it.
  if (!script.includes(' run ')) return;
  const status = script.replace(/ run /, ' status ');
  const deadline = performance.now() + DAEMON_START_MS_MAX;
  while (performance.now() < deadline) {
    const { status: exitCode, output } = await shell.run(`${status.trim()} --json`);
    if (exitCode === 0 && !output.includes('"running":false')) return;
    await sleep(200);
  }
}
