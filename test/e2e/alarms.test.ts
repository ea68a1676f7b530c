/**
 * Goal: an alarm stays until a person clears it, whether the daemon runs or not. Method: a gateway
 * whose log is rolled back between two runs, looked at from outside.
 */
import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Alarm } from '../../platform/alarms.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(120_000);

void t.test('a roll-back is told until somebody clears it', async (t) => {
  const gateway = new GatewayUnderTest(ownFolder(t));
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  await gateway.addDevice('till-1');
  const data = join(gateway.home, 'data');
  const old = join(gateway.home, 'old');
  cpSync(data, old, { recursive: true });
  await gateway.addDevice('till-2');
  await gateway.start();
  await gateway.stop();
  t.match(await gateway.ok('alarm', 'list'), 'No alarms.');
  for (const file of globSync(join(data, 'ledger.db*'))) rmSync(file);
  for (const name of globSync('ledger.db*', { cwd: old }))
    cpSync(join(old, name), join(data, name));

  const { http, alarms } = await gateway.start();
  t.match(alarms, [{ code: 'LOG_EPOCH_OPENED', message: /rolledBack/, count: 1 }]);
  const metrics = await (await fetch(`http://${http.host}:${http.port}/metrics`)).text();
  t.match(metrics, 'tillgate_alarms{code="LOG_EPOCH_OPENED"} 1');
  await gateway.stop('SIGKILL');
  t.match((await gateway.status()).alarms, alarms, 'read from the file');
  t.match(await gateway.ok('status'), /ALARM +LOG_EPOCH_OPENED: the log .*\/e1 cannot go on/);
  t.match((await gateway.start()).alarms, alarms, 'after a restart');

  const wrong = await gateway.run('alarm', 'clear', '00000000');
  t.equal(wrong.exitCode, 1);
  t.match(wrong.stderr, /There is no alarm "00000000".*\nTry: /);
  const list = await gateway.json<{ alarms: Alarm[] }>('alarm', 'list');
  t.match(await gateway.ok('alarm', 'clear', list.alarms[0]?.id ?? ''), 'is cleared');
  t.same((await gateway.status()).alarms, []);
  await gateway.stop();
  t.same((await gateway.status()).alarms, [], 'and stays so');
  t.equal((await gateway.run('alarm', 'clear')).exitCode, 64, 'one or all has to be said');
  t.match(await gateway.ok('alarm', 'clear', '--all'), 'No alarms.');
});
