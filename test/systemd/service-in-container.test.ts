/**
 * The services under a real systemd, booted in a container: installed as docs/operations.md says, the
 * gateway becomes ready, comes back after SIGKILL and after it stopped answering, and stays down with exit
 * code 78 when its configuration is wrong; headquarters becomes ready and comes back too. The container lies over this machine's own files and
 * leaves nothing behind.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { need, needTool } from '../support/need-tool.ts';
import { ownFolder } from '../support/own-folder.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UNITS = join(ROOT, 'systemd');

/** Boot takes a second, each start of the daemon about two, each wait at most a minute. */
const BOOT_LIMIT_MS = 200_000;

/** Quick enough for a test; the unit as it is waits thirty seconds. */
const QUICK_WATCHDOG = '[Service]\nWatchdogSec=4\nTimeoutAbortSec=1\n';

const LAB_SERVICE = `[Unit]
Description=exercise tillgate.service
After=systemd-journald.service
[Service]
Type=oneshot
ExecStart=/bin/sh /opt/tillgate/test/systemd/exercise.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
`;

const LAB_TARGET = `[Unit]
Requires=basic.target tillgate-lab.service
After=basic.target
AllowIsolate=yes
`;

/** What is laid over the root: the units, and a tillgate that runs the tree under test. */
function makeLayer(layer: string): void {
  const files: Record<string, string> = {
    'etc/systemd/system/tillgate-lab.service': LAB_SERVICE,
    'etc/systemd/system/tillgate-lab.target': LAB_TARGET,
    'etc/systemd/system/tillgate.service.d/quick.conf': QUICK_WATCHDOG,
    'usr/bin/tillgate':
      '#!/bin/sh\nexec /opt/tillgate/node_modules/node/bin/node /opt/tillgate/bin/tillgate.js "$@"\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(layer, path, '..'), { recursive: true });
    writeFileSync(join(layer, path), text);
  }
  chmodSync(join(layer, 'usr/bin/tillgate'), 0o755);
  mkdirSync(join(layer, 'opt/tillgate'), { recursive: true });
  const copies = {
    'tillgate.service': 'etc/systemd/system/tillgate.service',
    'tillgate-hq.service': 'etc/systemd/system/tillgate-hq.service',
    'tillgate.sysusers.conf': 'usr/lib/sysusers.d/tillgate.conf',
    'tillgate.tmpfiles.conf': 'usr/lib/tmpfiles.d/tillgate.conf',
  };
  for (const [from, to] of Object.entries(copies)) {
    mkdirSync(join(layer, to, '..'), { recursive: true });
    copyFileSync(join(UNITS, from), join(layer, to));
  }
  // An empty file makes systemd give the container an identity of its own.
  writeFileSync(join(layer, 'etc/machine-id'), '');
}

function boot(layer: string): Promise<string> {
  const script = join(HERE, 'boot-container.sh');
  const words = ['--mount', '--propagation', 'private', 'sh', script, layer];
  words.push(`--bind-ro=${ROOT}:/opt/tillgate`, 'systemd.unit=tillgate-lab.target');
  const child = spawn('unshare', words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: BOOT_LIMIT_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  return new Promise((resolve) => {
    child.once('close', () => resolve(output));
  });
}

/** A CI inside a container of its own is often root without the right to mount. */
function mayBootContainers(): boolean {
  const words = [
    '--mount',
    '--propagation',
    'private',
    'mount',
    '-t',
    'cgroup2',
    'x',
    '/sys/fs/cgroup',
  ];
  return existsSync('/sys/fs/cgroup') && spawnSync('unshare', words).status === 0;
}

t.setTimeout(BOOT_LIMIT_MS + 10_000);

void t.test('the service under a real systemd', async (t) => {
  if (!needTool(t, 'systemd-nspawn')) return;
  if (!need(t, process.getuid?.() === 0, 'root, to boot a container')) return;
  if (!mayBootContainers()) {
    t.plan(0, 'needs the right to mount a control group, which this machine does not give');
    return;
  }
  const layer = ownFolder(t);
  // The layer becomes the root folder of the container, which everybody must be able to enter.
  chmodSync(layer, 0o755);
  makeLayer(layer);
  const output = await boot(layer);
  const facts: Record<string, string | undefined> = Object.fromEntries(
    [...output.matchAll(/LAB (\w+)=(.*?)\r?$/gm)].map((match) => [match[1] ?? '', match[2]]),
  );
  const expected = {
    init: '0',
    start: '0',
    state: 'active',
    user: 'tillgate',
    keymode: '600',
    answers: '0',
    configset: '0',
    restarts: '1',
    afterkill: 'active',
    afterwatchdog: '2 active',
    stop: 'success',
    badconfigstate: 'failed 78',
    hqinit: '0',
    hqstart: '0',
    hqanswers: '0',
    hqafterkill: '1 active',
  };
  if (!t.match(facts, expected)) t.comment(output);
  t.not(facts['badconfig'], '0', 'a wrong configuration is a failed start');
  t.not(facts['status'], '', 'the service says how it is');
});
