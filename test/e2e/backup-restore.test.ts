/**
 * A gateway's machine is lost and made again from a backup that was taken in the middle of the
 * trade: its tills log in as before, nothing forks, and headquarters counts every sale once.
 */
import { appendFileSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { expectAllAtHq, expectTotals, sellCash, startChain } from '../support/chain-under-test.ts';
import { answerOf, recovered } from '../support/copied-home.ts';
import { cashSale, TillUnderTest } from '../support/till-under-test.ts';
import { GatewayUnderTest, tillgate } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

type Made = { folder: string; origin: string; size: number; bytes: number };
type Restored = { origin: string; prevOrigin: string; prevSize: number; movedAside: string[] };
type Verified = { valid: boolean; epochs: { origin: string; size: number }[] };

void t.test('a gateway comes back from a backup that was taken while it sold', async (t) => {
  const { hq, gateway } = await startChain(t);
  const credential = await gateway.addDevice('till-1');
  const before = await gateway.status();
  const till = await TillUnderTest.connect(before.mqtt, credential);
  let sumMinor = await sellCash(till, { from: 1, to: 20 });
  const folder = join(dirname(gateway.home), 'backup');
  const [made, during] = await Promise.all([
    gateway.json<Made>('backup', folder),
    sellCash(till, { from: 21, to: 60 }),
  ]);
  sumMinor += during + (await sellCash(till, { from: 61, to: 70 }));
  const first = await till.submit(cashSale(65, { totalMinor: 165 }));
  t.ok(made.size > 20, 'what was accepted before it began is in it');
  t.same(readdirSync(dirname(folder)).sort(), ['backup', 'enrolment.json', 'home', 'hq']);
  await expectAllAtHq(t, gateway);
  await till.end();
  await gateway.stop('SIGKILL');
  rmSync(gateway.home, { recursive: true });

  const restored = await gateway.json<Restored>('restore', folder);
  t.match(restored, { prevOrigin: before.origin, prevSize: made.size, movedAside: [] });
  const after = await gateway.start();
  t.equal(after.origin, restored.origin, 'it goes on in the epoch that the restore opened');
  const again = await TillUnderTest.connect(after.mqtt, credential);
  t.teardown(() => again.end());
  const early = await again.submit(cashSale(5, { totalMinor: 105 }));
  t.match(early, { outcome: 'accepted', origin: before.origin }, 'its first answer');
  await recovered(t, gateway);
  const late = await again.submit(cashSale(65, { totalMinor: 165 }));
  t.same(answerOf(late), answerOf(first), 'one that only headquarters held has its first answer');
  t.match(await again.submit(cashSale(70, { totalMinor: 170 })), { outcome: 'accepted' });
  sumMinor += await sellCash(again, { from: 71, to: 80 });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 80, sumMinor });
  const verified = await gateway.json<Verified>('log', 'verify');
  t.equal(verified.valid, true);
  t.equal(verified.epochs[0]?.origin, before.origin);
});

void t.test('a backup that is not whole is refused, and a home is never lost', async (t) => {
  const gateway = new GatewayUnderTest(ownFolder(t));
  await gateway.init();
  await gateway.addDevice('till-1');
  const folder = join(dirname(gateway.home), 'backup');
  await gateway.ok('backup', folder);
  t.match(await gateway.run('backup', folder), { exitCode: 1, stderr: /exists already/ });
  t.match(await gateway.run('restore', folder), { exitCode: 1, stderr: /--replace/ });
  const started = await tillgate(['--home', folder, 'status']);
  t.equal(started.exitCode, 78, 'a backup is no home that could be started by mistake');

  const spoilt = join(dirname(folder), 'spoilt');
  for (const spoil of ['data/registry.json', 'data/ledger.db', 'keys/log.pem']) {
    cpSync(folder, spoilt, { recursive: true });
    appendFileSync(join(spoilt, spoil), 'x');
    const refused = await gateway.run('restore', spoilt, '--replace');
    t.match(refused, { exitCode: 1, stderr: new RegExp(`${spoil} is not as it was written`) });
    rmSync(join(spoilt, spoil));
    t.match(await gateway.run('restore', spoilt, '--replace'), { stderr: /is missing/ });
    rmSync(spoilt, { recursive: true });
  }
  cpSync(folder, spoilt, { recursive: true });
  rmSync(join(spoilt, 'manifest.json'));
  t.match(await gateway.run('restore', spoilt, '--replace'), { stderr: /never finished/ });
  t.match(await gateway.json('device', 'list'), { devices: [{ deviceId: 'till-1' }] });

  const { movedAside } = await gateway.json<Restored>('restore', folder, '--replace');
  t.equal(movedAside.length, 3, 'configuration, data and keys are kept');
  for (const path of movedAside) t.ok(existsSync(path), path);
  t.match(await gateway.json('device', 'list'), { devices: [{ deviceId: 'till-1' }] });
});

void t.test('a running gateway is not restored over', async (t) => {
  const gateway = new GatewayUnderTest(ownFolder(t));
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  const folder = join(dirname(gateway.home), 'backup');
  t.match(await gateway.run('backup', folder), { exitCode: 1, stderr: /no ledger/i });
  await gateway.start();
  await gateway.ok('backup', folder);
  t.match(await gateway.run('restore', folder, '--replace'), { exitCode: 75 });
  t.equal((await gateway.status()).running, true);
});
