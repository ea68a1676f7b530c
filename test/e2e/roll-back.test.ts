/**
 * A gateway's disk goes back in time, or is lost, and headquarters gives back what it holds: every
 * till gets the answer it got first, every sale counts once, and the log verifies. Real processes;
 * the copy of the home is a plain copy of its files, as an image of a disk is.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { gatewayPaths } from '../../config/paths.ts';
import { readStoredHead } from '../../daemon/signing/stored-head.ts';
import { createEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import {
  expectAllAtHq,
  expectTotals,
  sellCash,
  settled,
  startChain,
} from '../support/chain-under-test.ts';
import {
  answerOf,
  copyHome,
  expectVerified,
  putBack,
  recovered,
  tillOf,
} from '../support/copied-home.ts';
import { cashSale } from '../support/till-under-test.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

const sale = (number: number): string => cashSale(number, { totalMinor: 100 + number });

void t.test('a home rolled back while headquarters is away gets its tail back', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway, places } = chain;
  const credential = await gateway.addDevice('till-1');
  let till = await tillOf(t, gateway, credential);
  let sumMinor = await sellCash(till, { from: 1, to: 20 });
  await expectAllAtHq(t, gateway);
  await till.end();
  await gateway.stop();
  const copy = copyHome(gateway, 'before');

  await gateway.start();
  till = await tillOf(t, gateway, credential);
  sumMinor += await sellCash(till, { from: 21, to: 300 });
  const first = await till.submit(sale(25));
  const other = cashSale(26, { totalMinor: 999 });
  const refused = await till.submit(other);
  t.match(refused, { outcome: 'conflict' });
  await gateway.addDevice('till-2');
  await gateway.ok('device', 'add', 'till-3', '--role', 'till');
  await gateway.ok('device', 'revoke', 'till-3');
  const { origin } = await gateway.status();
  await expectAllAtHq(t, gateway);
  await till.end();
  await gateway.stop('SIGKILL');
  await hq.stop();
  putBack(gateway, copy);

  await gateway.start();
  till = await tillOf(t, gateway, credential);
  // Nobody knows yet: the sales go on in the log that was.
  sumMinor += await sellCash(till, { from: 301, to: 310 });
  const again = await till.submit(sale(30));
  t.match(again, { outcome: 'accepted', origin });
  await hq.start(places.mqtt?.port);
  const opened = await settled(
    () => gateway.status(),
    (status) => status.origin !== origin,
  );
  t.not(opened.origin, origin, 'a new epoch');
  sumMinor += await sellCash(till, { from: 311, to: 320 });
  await recovered(t, gateway);
  t.same(answerOf(await till.submit(sale(25))), answerOf(first), 'the answer that was given first');
  t.same(answerOf(await till.submit(other)), answerOf(refused));
  t.same(answerOf(await till.submit(sale(30))), answerOf(again), 'and the one given since stays');
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 320, sumMinor });
  await expectVerified(t, chain);
  const { alarms } = await gateway.status();
  t.match(
    alarms.map(({ code }) => code).toSorted(),
    ['DEVICES_ROLLED_BACK', 'DEVICES_ROLLED_BACK', 'LOG_EPOCH_OPENED', 'LOG_FORKED'],
    'people are told',
  );
});

void t.test('a lost ledger and a lost key come back, through a kill in the middle', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway } = chain;
  const credential = await gateway.addDevice('till-1');
  let till = await tillOf(t, gateway, credential);
  let sumMinor = await sellCash(till, { from: 1, to: 1_500 });
  const first = await till.submit(sale(777));
  await expectAllAtHq(t, gateway);
  await till.end();
  await gateway.stop();
  const { dataDir, logKeyFile } = gatewayPaths(gateway.home);
  for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `ledger.db${end}`), { force: true });
  rmSync(logKeyFile);
  createEd25519KeyFile(logKeyFile);

  const { origin } = await gateway.start();
  t.not(origin, first.origin, 'an epoch that follows the one that is lost');
  const key = (await gateway.ok('log', 'key')).trim().split('\n')[0] ?? '';
  const file = `${gateway.home}-enrolment.json`;
  writeFileSync(file, await hq.ok('store', 'add', '--verifier-key', key));
  await gateway.ok('hq', 'join', file);
  till = await tillOf(t, gateway, credential);
  sumMinor += await sellCash(till, { from: 1_501, to: 1_505 });
  await settled(
    () => gateway.status(),
    ({ recovery }) => recovery === null || recovery.fetched > 0,
  );
  await gateway.stop('SIGKILL');
  await gateway.start();
  await recovered(t, gateway);
  till = await tillOf(t, gateway, credential);
  t.same(answerOf(await till.submit(sale(777))), answerOf(first));
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 1_505, sumMinor });
  await expectVerified(t, chain);
});

void t.test(
  'a gateway that joined nobody sees by its own head that its disk went back',
  async (t) => {
    const gateway = new GatewayUnderTest(ownFolder(t));
    t.teardown(() => gateway.stop('SIGKILL'));
    await gateway.init();
    const head = join(`${gateway.home}-stick`, 'signed-head');
    mkdirSync(dirname(head));
    await gateway.ok('config', 'set', 'ledger.signedHeadFile', head);
    const credential = await gateway.addDevice('till-1');
    const { origin } = await gateway.start();
    const till = await tillOf(t, gateway, credential);
    await sellCash(till, { from: 1, to: 3 });
    await gateway.stop();
    const copy = copyHome(gateway, 'copy');

    await gateway.start();
    await sellCash(await tillOf(t, gateway, credential), { from: 4, to: 6 });
    const { log } = await gateway.status();
    const signed = await settled(
      () => Promise.resolve(readStoredHead(head)?.size),
      (size) => size === log.size,
    );
    t.equal(signed, log.size, 'the head has followed while it sold');
    await gateway.stop('SIGKILL');
    putBack(gateway, copy);
    const { origin: next, alarms } = await gateway.start();
    t.not(next, origin, 'a new epoch follows');
    t.match(alarms, [{ code: 'LOG_EPOCH_OPENED', message: /rolledBack/ }]);
    const answer = await (await tillOf(t, gateway, credential)).submit(sale(7));
    t.equal(answer.outcome, 'accepted');
  },
);

void t.test('a home that goes back past a change of epochs learns of it', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway } = chain;
  const credential = await gateway.addDevice('till-1');
  let till = await tillOf(t, gateway, credential);
  let sumMinor = await sellCash(till, { from: 1, to: 5 });
  await expectAllAtHq(t, gateway);
  await gateway.stop();
  const early = copyHome(gateway, 'early');
  const { origin } = await gateway.start();
  till = await tillOf(t, gateway, credential);
  sumMinor += await sellCash(till, { from: 6, to: 10 });
  await expectAllAtHq(t, gateway);
  await gateway.stop();
  const late = copyHome(gateway, 'late');
  putBack(gateway, early);
  await gateway.start();
  await settled(
    () => gateway.status(),
    (status) => status.origin !== origin,
  );
  await recovered(t, gateway);
  till = await tillOf(t, gateway, credential);
  const first = await till.submit(sale(15));
  t.not(first.origin, origin, 'the later epoch takes sales');
  sumMinor += 115 + (await sellCash(till, { from: 11, to: 14 }));
  await expectAllAtHq(t, gateway);
  await gateway.stop('SIGKILL');

  // On this disk nothing is amiss: the log is whole, and headquarters holds exactly as much of it.
  putBack(gateway, late);
  await gateway.start();
  await settled(
    () => gateway.status(),
    (status) => status.origin !== origin,
  );
  await recovered(t, gateway);
  till = await tillOf(t, gateway, credential);
  t.same(answerOf(await till.submit(sale(15))), answerOf(first), 'the answer of the lost epoch');
  sumMinor += await sellCash(till, { from: 16, to: 20 });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 20, sumMinor });
  await expectVerified(t, chain);
  const { alarms } = await gateway.status();
  t.match(alarms, [{ code: 'LOG_EPOCH_OPENED', message: /superseded/ }], 'and that is all');
});
