/**
 * Disks that fill up, turn read-only or report errors under a selling gateway: what tills hear, what
 * a technician reads, and that it heals when the cause is gone. docs/operations.md has the same list.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { settled } from '../support/chain-under-test.ts';
import { needTool } from '../support/need-tool.ts';
import { needSmallDisk, SmallDisk } from '../support/small-disk.ts';
import type { Answer } from '../support/till-under-test.ts';
import { cashSale, TillUnderTest } from '../support/till-under-test.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

interface Shop {
  gateway: GatewayUnderTest;
  sell: (number: number) => Promise<Answer>;
  restart: () => Promise<void>;
}

/** A gateway with a till; each sale comes over a connection of its own, since bad news closes it. */
async function openShop(t: Test, folder: string): Promise<Shop> {
  const gateway = new GatewayUnderTest(folder);
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  const credential = await gateway.addDevice('till-1');
  let { mqtt } = await gateway.start();
  return {
    gateway,
    sell: async (number) => {
      const till = await TillUnderTest.connect(mqtt, credential);
      try {
        return await till.tryToSubmit(cashSale(number, { totalMinor: 100 }));
      } finally {
        await till.end();
      }
    },
    restart: async () => {
      ({ mqtt } = await gateway.start());
    },
  };
}

void t.test('a full disk puts sales off and takes them again when there is room', async (t) => {
  if (!needSmallDisk(t)) return;
  const disk = new SmallDisk(t, 96);
  const { gateway, sell } = await openShop(t, disk.folder);
  t.match(await sell(1), { outcome: 'accepted' });
  disk.fill();
  const refused = await sell(2);
  t.match(refused, { outcome: 'unavailable', errors: [{ code: 'LEDGER_DISK_FULL' }] });
  const status = await gateway.status();
  t.match(status.ledger, { diskFull: true });
  t.match(await gateway.ok('status'), /disk +FULL/, 'a technician sees it');
  await gateway.addDevice('till-2');
  t.pass('what the gateway itself has to write fits into the space set aside');
  disk.makeRoom();
  const taken = await settled(
    () => sell(2),
    ({ outcome }) => outcome === 'accepted',
  );
  t.match(taken, { outcome: 'accepted' });
  await gateway.ok('log', 'verify');
});

void t.test('a disk that the kernel makes read-only ends it with words, and heals', async (t) => {
  if (!needSmallDisk(t)) return;
  const disk = new SmallDisk(t, 96);
  const { gateway, sell, restart } = await openShop(t, disk.folder);
  const first = await sell(1);
  disk.turnReadOnly();
  t.match(await sell(2), { outcome: 'unavailable', errors: [{ code: 'LEDGER_IO' }] });
  t.equal(await gateway.stop(), 70, 'systemd starts it again');
  const { exitCode, stderr } = await gateway.run('run');
  t.equal(exitCode, 75, 'for as long as it takes');
  t.match(stderr, /read-only/);
  t.match(stderr, /Try: Look at the kernel log/);
  await gateway.ok('log', 'verify');
  t.pass('what is there can be read');
  disk.repair();
  await restart();
  t.same(await sell(1), first, 'still booked');
  t.match(await sell(2), { outcome: 'accepted' });
  t.equal((await gateway.status()).origin, first.origin, 'the log goes on');
});

void t.test('an I/O error ends it with 70; after it each sale is there once', async (t) => {
  if (!needTool(t, 'strace')) return;
  const { gateway, sell, restart } = await openShop(t, ownFolder(t));
  t.match(await sell(1), { outcome: 'accepted' });
  const { process: pid } = await gateway.status();
  const calls = 'fsync,fdatasync';
  const filter = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`];
  // What it writes is thrown away: a pipe that nobody reads would stop the gateway with it.
  const tracer = spawn('strace', ['-qq', '-f', ...filter, '-p', String(pid)], { stdio: 'ignore' });
  t.teardown(() => tracer.kill('SIGKILL'));
  await untilTraced(pid);
  t.match(await sell(2), { outcome: 'unavailable', errors: [{ code: 'LEDGER_IO' }] });
  t.equal(await gateway.stop(), 70);
  if (tracer.exitCode === null) await once(tracer, 'exit');
  t.match(gateway.log, /LEDGER_IO/);
  await restart();
  const again = await sell(2);
  t.match(again, { outcome: 'accepted' });
  t.same((await sell(2)).index, again.index, 'booked once');
  await gateway.ok('log', 'verify');
});

void t.test('a medium for signed-head that is pulled out stops no sale', async (t) => {
  const folder = ownFolder(t);
  const medium = join(folder, 'medium');
  mkdirSync(medium);
  const gateway = new GatewayUnderTest(folder);
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  await gateway.ok('config', 'set', 'ledger.signedHeadFile', join(medium, 'signed-head'));
  const credential = await gateway.addDevice('till-1');
  const { mqtt } = await gateway.start();
  const till = await TillUnderTest.connect(mqtt, credential);
  t.teardown(() => till.end());
  t.match(await till.submit(cashSale(1, { totalMinor: 100 })), { outcome: 'accepted' });
  await settled(
    () => Promise.resolve(existsSync(join(medium, 'signed-head'))),
    (isThere) => isThere,
  );
  renameSync(medium, `${medium}-away`);
  t.match(await till.submit(cashSale(2, { totalMinor: 100 })), { outcome: 'accepted' });
  const { exitCode, stderr } = await gateway.run('log', 'prove', '2');
  t.equal(exitCode, 75, 'nothing is signed that the medium does not hold');
  t.match(stderr, /could not be signed/i);
  const { uplink, running } = await settled(
    () => gateway.status(),
    (status) => status.uplink.problem !== null,
  );
  t.match(uplink.problem, /could not be signed.*not there/);
  t.equal(running, true);
  renameSync(`${medium}-away`, medium);
  await gateway.ok('log', 'prove', '2');
  t.equal((await gateway.status()).running, true);
});

/** strace has attached when the kernel names a tracer. */
async function untilTraced(pid: number | null): Promise<void> {
  while (/^TracerPid:\s+0$/m.test(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))) {
    await delay(10);
  }
}
