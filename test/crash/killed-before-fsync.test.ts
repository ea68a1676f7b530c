/**
 * A gateway that is killed between the write of a commit and its fsync leaves a sale, or a message
 * that waits for a session, that can be read and is not durable. The next start must make it durable
 * before a device can be answered from it; the order is watched where it matters, at the system calls.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { settled } from '../support/chain-under-test.ts';
import { needTool } from '../support/need-tool.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(120_000);

const LAUNCHER = fileURLToPath(new URL('../../bin/tillgate.js', import.meta.url));

void t.test('what a killed process wrote is synced before it is read', async (t) => {
  if (!needTool(t, 'strace')) return;
  const folder = ownFolder(t);
  const gateway = new GatewayUnderTest(folder);
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  await gateway.start();
  await gateway.addDevice('till-1');
  await gateway.stop('SIGKILL');

  const trace = join(folder, 'trace');
  const watch = ['-f', '-y', '-o', trace, '-e', 'trace=fsync,fdatasync,pwrite64,listen'];
  const words = [...watch, process.execPath, LAUNCHER, 'run', '--home', gateway.home];
  const traced = spawn('strace', words, { stdio: 'ignore' });
  t.teardown(() => traced.kill('SIGKILL'));
  await settled(
    () => gateway.status(),
    ({ running }) => running,
  );
  const { process: pid } = await gateway.status();
  process.kill(pid ?? 0, 'SIGTERM');
  await once(traced, 'exit');
  const calls = readFileSync(trace, 'utf8').split('\n');
  const first = (call: RegExp): number => calls.findIndex((line) => call.test(line));
  for (const wal of ['ledger.db-wal', 'broker.db-wal']) {
    const written = first(new RegExp(`pwrite64\\(.*${wal}`));
    const synced = first(new RegExp(`(fsync|fdatasync)\\(.*${wal}`));
    t.ok(written >= 0, `${wal} of the killed process is written once more`);
    t.ok(synced > written, 'and synced');
    t.ok(first(/listen\(/) > synced, 'before any device can ask');
  }
});
