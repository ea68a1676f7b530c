/**
 * Goal: `tillgate doctor` says of a healthy installation that it is, with the daemon up and down, and
 * names each fault by its code and next step, with the exit code that scripts rely on. Method: real
 * homes and processes, faults put in for real. Nothing is changed by looking, and no secret is told.
 */
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { CheckFinding, Checkup } from '../../daemon/control/checkup.ts';
import { must } from '../../protocol/must.ts';
import { startChain } from '../support/chain-under-test.ts';
import { need, needTool } from '../support/need-tool.ts';
import { ownFolder } from '../support/own-folder.ts';
import { mountSmallDisk } from '../support/small-tmpfs.ts';
import { GatewayUnderTest, tillgate } from '../support/tillgate-process.ts';
import { until } from '../support/until.ts';

t.setTimeout(180_000);

interface Looked extends Checkup {
  exitCode: number;
  /** `daemon warning DAEMON_STOPPED` for all that is not ok. */
  told: string[];
}

async function look(gateway: GatewayUnderTest): Promise<Looked> {
  const { exitCode, stdout } = await gateway.run('doctor', '--json');
  const checkup = JSON.parse(stdout) as Checkup;
  const told = checkup.checks
    .filter(({ state }) => state !== 'ok')
    .map(({ check, state, code }) => `${check} ${state} ${code ?? ''}`);
  return { ...checkup, exitCode, told };
}

function finding({ checks }: Checkup, code: string): CheckFinding {
  return must(
    checks.find((one) => one.code === code),
    `${code} is told`,
  );
}

/** What a store has before its first sale, and what this machine's clock has to do with it. */
const USUAL = /^(clock|fileSystem) warning|HQ_NOT_JOINED$/;
const unusual = ({ told }: Looked): string[] => told.filter((line) => !USUAL.test(line));

async function newGateway(t: Test): Promise<GatewayUnderTest> {
  const gateway = new GatewayUnderTest(ownFolder(t));
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  return gateway;
}

/** Every file but those that SQLite makes for whoever reads, with its size, mode and time of change. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/-(shm|wal)$/.test(name))
    .sort()
    .map((name) => {
      const stat = statSync(join(folder, name));
      if (stat.isDirectory()) return `${name} ${stat.mode}`;
      return `${name} ${stat.size} ${stat.mode} ${stat.mtimeMs}`;
    });
}

void t.test('a healthy gateway, before its first start, up, and down again', async (t) => {
  const gateway = await newGateway(t);
  const before = snapshot(gateway.home);
  const fresh = await look(gateway);
  t.same(unusual(fresh), ['daemon warning DAEMON_STOPPED', 'devices warning DEVICES_NONE']);
  t.equal(fresh.exitCode, 0, 'warnings are no failure');
  t.equal(fresh.ok, true);
  t.same(snapshot(gateway.home), before, 'looking makes nothing, not even a lock');

  await gateway.start();
  await gateway.addDevice('till-1');
  t.ok(await until(() => readdirSync(join(gateway.home, 'data')).includes('signed-head')));
  const up = await look(gateway);
  t.same(unusual(up), []);
  t.equal(up.exitCode, 0);
  const names = [...new Set(up.checks.map(({ check }) => check))];
  t.equal(names.length, 25, 'each check says something');
  const screen = await gateway.ok('doctor');
  t.match(screen, /^ok +health +http:\/\/127\.0\.0\.1:\d+\/healthz says ok$/m);
  t.match(screen, /^WARNING +headquarters +Not joined\..*\(HQ_NOT_JOINED\)\n +Try: /m);

  await gateway.stop();
  const rested = snapshot(gateway.home);
  const down = await look(gateway);
  t.same(unusual(down), ['daemon warning DAEMON_STOPPED']);
  t.equal(down.exitCode, 0);
  t.match(finding(down, 'DAEMON_STOPPED').message, /^The gateway is not running\.$/);
  t.same(snapshot(gateway.home), rested);
});

void t.test('no home, and one that is not finished', async (t) => {
  const home = join(ownFolder(t), 'nothing');
  const { exitCode, stdout } = await tillgate(['doctor', '--json', '--home', home]);
  t.equal(exitCode, 78);
  t.match(JSON.parse(stdout), { error: { code: 'CONFIG_MISSING' } });
  const gateway = await newGateway(t);
  rmSync(gateway.configFile);
  const looked = await look(gateway);
  t.equal(looked.exitCode, 1, 'the rest of the home is there, and is looked at');
  t.ok(looked.told.includes('config failed CONFIG_MISSING'));
});

void t.test('a daemon that is silent, killed, or works with an older configuration', async (t) => {
  const gateway = await newGateway(t);
  const { process: pid, http } = await gateway.start();
  await gateway.addDevice('till-1');
  await gateway.ok('config', 'set', 'ledger.queueItems', '512');
  const waiting = await look(gateway);
  t.same(unusual(waiting), ['config warning CONFIG_RESTART_NEEDED']);
  t.match(finding(waiting, 'CONFIG_RESTART_NEEDED').message, 'ledger.queueItems');
  t.equal(waiting.exitCode, 0);

  const config = readFileSync(gateway.configFile, 'utf8');
  writeFileSync(gateway.configFile, config.replace('port: 0', `port: ${http.port}`));
  process.kill(must(pid, 'it runs'), 'SIGSTOP');
  const silent = await look(gateway);
  process.kill(must(pid, 'it runs'), 'SIGCONT');
  t.equal(silent.exitCode, 1);
  t.ok(silent.told.includes('daemon failed CONTROL_TIMEOUT'));
  t.notOk(
    silent.told.some((line) => line.includes('PORT_IN_USE')),
    'its ports are its own',
  );
  t.match(finding(silent, 'CONTROL_TIMEOUT').message, `Process ${pid ?? 0} runs the gateway`);

  await gateway.stop('SIGKILL');
  writeFileSync(gateway.configFile, config);
  const killed = await look(gateway);
  t.equal(killed.exitCode, 0);
  t.match(finding(killed, 'DAEMON_STOPPED').message, `killed or its machine lost power`);
  t.notOk(
    killed.told.some((line) => line.includes('HOME_LOCKED')),
    'its lock went with it',
  );
});

void t.test('faults of a home', async (t) => {
  const gateway = await newGateway(t);
  await gateway.start();
  await gateway.addDevice('till-1');
  await gateway.stop();
  const { home, configFile } = gateway;
  const key = join(home, 'keys', 'log.pem');
  const registry = join(home, 'data', 'registry.json');

  chmodSync(key, 0o644);
  const open = await look(gateway);
  t.equal(open.exitCode, 1);
  t.ok(open.told.includes('keys failed KEY_FILE_PERMISSIONS'));
  t.equal(finding(open, 'KEY_FILE_PERMISSIONS').hint, `chmod 600 ${key}`);
  chmodSync(key, 0o600);

  const config = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, config.replace(/^currency: .*$/m, 'currency: euro'));
  const invalid = await look(gateway);
  t.equal(invalid.exitCode, 1);
  t.ok(invalid.told.includes('config failed CONFIG_INVALID'));
  t.match(finding(invalid, 'CONFIG_INVALID').message, 'currency: got "euro"');
  t.match(invalid.checks, [{ check: 'version', state: 'ok' }], 'the others are told all the same');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(configFile, config.replace('port: 0', `port: ${port}`));
  const taken = await look(gateway);
  server.close();
  t.equal(taken.exitCode, 1);
  t.match(finding(taken, 'PORT_IN_USE').message, `(process ${process.pid}) listens there`);
  writeFileSync(configFile, config);

  const devices = readFileSync(registry);
  writeFileSync(registry, 'spoilt');
  const spoilt = await look(gateway);
  t.equal(spoilt.exitCode, 1);
  t.ok(spoilt.told.includes('files failed REGISTRY_UNREADABLE'));
  writeFileSync(registry, devices);
  t.equal((await look(gateway)).exitCode, 0, 'all is mended');
});

void t.test('a log that went back, another key, a ledger that is none', async (t) => {
  const gateway = await newGateway(t);
  const data = join(gateway.home, 'data');
  await gateway.start();
  await gateway.stop();
  cpSync(join(data, 'ledger.db'), join(gateway.home, 'older.db'));
  await gateway.start();
  await gateway.addDevice('till-1');
  await gateway.stop();
  for (const name of ['ledger.db-wal', 'ledger.db-shm']) rmSync(join(data, name), { force: true });
  const newer = readFileSync(join(data, 'ledger.db'));
  cpSync(join(gateway.home, 'older.db'), join(data, 'ledger.db'));
  const back = await look(gateway);
  t.equal(back.exitCode, 1);
  t.ok(back.told.includes('log failed LOG_ROLLED_BACK'));

  writeFileSync(join(data, 'ledger.db'), 'x'.repeat(8_192));
  for (const name of ['ledger.db-wal', 'ledger.db-shm']) rmSync(join(data, name), { force: true });
  const none = await look(gateway);
  t.equal(none.exitCode, 1);
  t.match(none.told.find((line) => line.startsWith('log failed')) ?? '', /LEDGER_(IO|DAMAGED)/);
  writeFileSync(join(data, 'ledger.db'), newer);

  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(gateway.home, 'keys', 'log.pem'), pem);
  const foreign = await look(gateway);
  t.equal(foreign.exitCode, 1);
  t.ok(foreign.told.includes('keys failed KEY_FILE_INVALID'));
});

void t.test('files of another user', async (t) => {
  if (!need(t, process.getuid?.() === 0, 'root')) return;
  const gateway = await newGateway(t);
  const list = join(gateway.home, 'data', 'alarms.json');
  mkdirSync(join(gateway.home, 'data'), { recursive: true });
  writeFileSync(list, '{"version":1,"alarms":[]}');
  chownSync(list, 4_242, 4_242);
  const looked = await look(gateway);
  t.equal(looked.exitCode, 1);
  t.ok(looked.told.includes('ownership failed FILE_PERMISSIONS'));
  t.match(finding(looked, 'FILE_PERMISSIONS').hint, `chown -R root: ${list}`);
});

void t.test('a disk that is small and forgets', async (t) => {
  const gateway = new GatewayUnderTest(ownFolder(t));
  mkdirSync(gateway.home);
  const unmount = mountSmallDisk(gateway.home, 64 * 1024 * 1024);
  if (!need(t, unmount !== undefined, 'the right to mount')) return;
  t.teardown(() => unmount?.());
  await gateway.init();
  const looked = await look(gateway);
  t.equal(looked.exitCode, 1);
  t.ok(looked.told.includes('disk failed DISK_SPACE_CRITICAL'));
  t.ok(looked.told.includes('fileSystem warning DISK_UNFIT'));
});

void t.test('a certificate', async (t) => {
  if (!needTool(t, 'openssl')) return;
  const gateway = await newGateway(t);
  const { home } = gateway;
  const make = (name: string): void => {
    const files = ['-keyout', join(home, `${name}.key`), '-out', join(home, `${name}.crt`)];
    const words = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-subj', '/CN=box', '-days'];
    execFileSync('openssl', [...words, '10', ...files], { stdio: 'ignore' });
  };
  make('one');
  make('two');
  await gateway.ok('config', 'set', 'mqtt.tls.certFile', join(home, 'one.crt'));
  await gateway.ok('config', 'set', 'mqtt.tls.keyFile', join(home, 'one.key'));
  await gateway.ok('config', 'set', 'mqtt.tls.port', '0');
  await gateway.ok('config', 'set', 'mqtt.tls.enabled', 'true');
  const soon = await look(gateway);
  t.equal(soon.exitCode, 0);
  t.ok(soon.told.includes('certificate warning TLS_CERTIFICATE_EXPIRED'), 'in ten days');
  await gateway.ok('config', 'set', 'mqtt.tls.keyFile', join(home, 'two.key'));
  const unfit = await look(gateway);
  t.equal(unfit.exitCode, 1);
  t.ok(unfit.told.includes('certificate failed TLS_CERTIFICATE_INVALID'));
});

void t.test('headquarters, there and away', async (t) => {
  const { gateway, hq } = await startChain(t);
  await gateway.addDevice('till-1');
  t.ok(await until(async () => (await gateway.status()).uplink.state === 'idle'));
  const joined = await look(gateway);
  t.same(unusual(joined), []);
  t.match(joined.checks.find(({ check }) => check === 'network')?.message, 'answers');
  await hq.stop();
  t.ok(await until(async () => (await gateway.status()).uplink.state === 'connecting'));
  const away = await look(gateway);
  t.equal(away.exitCode, 0, 'a store sells without headquarters');
  t.same(unusual(away), ['headquarters warning HQ_UNREACHABLE', 'network warning HQ_UNREACHABLE']);
  const enrolment = readFileSync(join(gateway.home, 'enrolment.json'), 'utf8');
  const { password } = JSON.parse(enrolment) as { password: string };
  t.notOk(JSON.stringify(away).includes(password), 'no secret is told');

  await gateway.stop();
  writeFileSync(
    join(gateway.home, 'enrolment.json'),
    enrolment.replace('"admission": "', '"admission": "x'),
  );
  const foreign = await look(gateway);
  t.equal(foreign.exitCode, 1);
  t.ok(foreign.told.includes('keys failed ENROLMENT_INVALID'));
});
