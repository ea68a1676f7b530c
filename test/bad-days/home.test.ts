/**
 * A home in which something is missing or may not be used: the gateway does not start, says in one
 * sentence what and in another what to do, and starts when it is put right. Nothing is made anew in
 * its place, because a new key or an empty ledger would be another gateway.
 */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { need, needTool } from '../support/need-tool.ts';
import { GatewayUnderTest, runProgram } from '../support/tillgate-process.ts';
import { fileURLToPath } from 'node:url';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

const LAUNCHER = fileURLToPath(new URL('../../bin/tillgate.js', import.meta.url));

interface Case {
  name: string;
  /** Below the home. */
  file: string;
  exitCode: number;
  says: RegExp;
  advises: RegExp;
}

async function usedHome(t: Test): Promise<GatewayUnderTest> {
  const gateway = new GatewayUnderTest(ownFolder(t));
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  await gateway.addDevice('till-1');
  await gateway.start();
  await gateway.stop();
  return gateway;
}

async function startsAgain(t: Test, gateway: GatewayUnderTest, origin: string): Promise<void> {
  const status = await gateway.start();
  t.equal(status.origin, origin, 'as before');
  t.equal(status.devices.enrolled, 1);
  await gateway.stop();
}

void t.test('what is missing is named, and not made anew', async (t) => {
  const gateway = await usedHome(t);
  const { origin } = await gateway.status();
  const cases: Case[] = [
    {
      name: 'the key of the log',
      file: 'keys/log.pem',
      exitCode: 78,
      says: /log\.pem is not there/,
      advises: /Restore it from a backup/,
    },
    {
      name: 'the configuration',
      file: 'config.yaml',
      exitCode: 78,
      says: /no configuration at .*config\.yaml/,
      advises: /tillgate init/,
    },
  ];
  for (const { name, file, exitCode, says, advises } of cases) {
    const path = join(gateway.home, file);
    renameSync(path, `${path}.away`);
    const started = await gateway.run('run');
    t.equal(started.exitCode, exitCode, name);
    t.match(started.stderr, says);
    t.match(started.stderr, advises);
    renameSync(`${path}.away`, path);
  }
  await startsAgain(t, gateway, origin);
});

void t.test('a key that others may read is refused', async (t) => {
  const gateway = await usedHome(t);
  const { origin } = await gateway.status();
  const key = join(gateway.home, 'keys', 'log.pem');
  chmodSync(key, 0o644);
  const { exitCode, stderr } = await gateway.run('run');
  t.equal(exitCode, 78);
  t.match(stderr, /has mode 0644; only its owner/);
  t.match(stderr, new RegExp(`Try: chmod 600 ${key}`));
  chmodSync(key, 0o600);
  await startsAgain(t, gateway, origin);
});

void t.test('files of another user are named, with what to do', async (t) => {
  if (!need(t, process.getuid?.() === 0, 'root, to give a right away')) return;
  if (!needTool(t, 'setpriv')) return;
  const gateway = await usedHome(t);
  const { origin } = await gateway.status();
  // Root without its right to pass by permissions meets them as any user does.
  const rights = '-dac_override,-dac_read_search';
  const limited = ['--bounding-set', rights, '--inh-caps', rights, process.execPath, LAUNCHER];
  for (const file of ['data/ledger.db', 'data/registry.json', 'config.yaml', 'run']) {
    const path = join(gateway.home, file);
    chmodSync(path, 0o000);
    const words = [...limited, 'run', '--home', gateway.home];
    const { exitCode, stderr } = await runProgram('setpriv', words);
    t.equal(exitCode, 78, file);
    t.match(stderr, /this user may not/, file);
    t.match(stderr, /runuser -u tillgate/, file);
    chmodSync(path, 0o700);
  }
  await startsAgain(t, gateway, origin);
});

void t.test('a list of devices that cannot be read is named', async (t) => {
  const gateway = await usedHome(t);
  const { origin } = await gateway.status();
  const registry = join(gateway.home, 'data', 'registry.json');
  const good = readFileSync(registry);
  writeFileSync(registry, good.subarray(0, good.length / 2));
  const { exitCode, stderr } = await gateway.run('run');
  t.not(exitCode, 0);
  t.match(stderr, /registry\.json cannot be read/);
  t.match(stderr, /Try: .*backup/);
  writeFileSync(registry, good);
  await startsAgain(t, gateway, origin);
});
