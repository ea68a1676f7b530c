/**
 * The published package: packed as npm would, unpacked where no sources are, and used. What works
 * here needs no TypeScript: the worker threads, the assets and the launcher are the compiled ones.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import { must } from '../../protocol/must.ts';
import { sampleSale } from '../support/sample-sale.ts';
import { runProgram } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(300_000);

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Packs the tree and unpacks it as an installed package beside this tree's dependencies. */
async function installPackage(t: Test): Promise<string> {
  const folder = ownFolder(t);
  const packed = await runProgram('npm', ['pack', ROOT, '--pack-destination', folder]);
  t.equal(packed.exitCode, 0, 'npm pack');
  const archive = must(
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
    'npm pack wrote a file',
  );
  const modules = join(folder, 'node_modules');
  const home = join(modules, 'tillgate');
  mkdirSync(home, { recursive: true });
  const words = ['-xzf', join(folder, archive), '-C', home, '--strip-components=1'];
  t.equal((await runProgram('tar', words)).exitCode, 0);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'tillgate') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return home;
}

function importsTypebox(file: string): boolean {
  return /^import .*from ['"]typebox/m.test(readFileSync(file, 'utf8'));
}

void t.test('the packed package sells', async (t) => {
  const home = await installPackage(t);
  const names = readdirSync(home, { recursive: true }).map(String);
  t.strictSame(
    names.filter((name) => name.endsWith('.ts') || name.includes('.test.')),
    [],
    'no sources and no tests',
  );
  t.ok(names.includes('dist/vendor/typebox/LICENSE'), 'what is bundled comes with its licence');
  t.strictSame(
    names.filter((name) => name.endsWith('.js') && importsTypebox(join(home, name))),
    [],
    'the library of schemas is loaded as one file',
  );
  const launcher = join(home, 'bin', 'tillgate.js');
  const gateway = join(t.testdirName, 'gateway');
  const tillgate = async <T>(...words: string[]): Promise<T> => {
    const all = [launcher, ...words, '--home', gateway, '--json'];
    const { stdout, stderr, exitCode } = await runProgram(process.execPath, all);
    t.equal(exitCode, 0, stderr);
    return JSON.parse(stdout) as T;
  };
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const shown = await runProgram(process.execPath, [launcher, '--version']);
  t.equal(shown.stdout.trim(), version);

  await tillgate('init', '--chain', 'acme', '--store', 's1', '--gateway', 'g1');
  await tillgate('config', 'set', 'mqtt.port', '0');
  await tillgate('config', 'set', 'http.port', '0');
  const login = await tillgate<{ username: string; password: string }>(
    ...['device', 'add', 'till-1', '--role', 'till'],
  );
  const daemon = spawn(process.execPath, [launcher, 'run', '--home', gateway], {
    stdio: 'inherit',
  });
  t.teardown(() => daemon.kill('SIGKILL'));
  let status = await tillgate<GatewayStatus>('status');
  while (!status.running) {
    await delay(100);
    status = await tillgate<GatewayStatus>('status');
  }
  const { host, port } = status.mqtt;
  const client = await mqtt.connectAsync({ host, port, ...login, protocolVersion: 4 });
  t.teardown(() => client.endAsync());
  await client.subscribeAsync('transactions/till-1/result', { qos: 1 });
  const answered = new Promise<string>((resolve) => {
    client.once('message', (_topic, payload) => resolve(payload.toString()));
  });
  await client.publishAsync('transactions/till-1/submit', sampleSale(), { qos: 1 });
  t.match(JSON.parse(await answered), { outcome: 'accepted' });
});
