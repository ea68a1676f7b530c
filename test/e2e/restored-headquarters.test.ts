/**
 * Headquarters goes on with an older copy of its custody, which was taken while it ran: it notices,
 * heals from the gateway with no hand on it, even when it is killed in the middle, counts each sale
 * once, and says what happened.
 */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  expectAllAtHq,
  expectTotals,
  sellCash,
  settled,
  startChain,
} from '../support/chain-under-test.ts';

t.setTimeout(280_000);

/** With sales of some 15 KiB a batch is small, so that a limited drain can be met in its middle. */
const SLOW_LINES = 90;

type Gap = { origin: string; fromSize: number; toSize: number; completeAt: string | null };
type HqStatus = {
  incarnation: string;
  lives: { reason: string }[];
  restore: Gap[];
  alarms: { code: string; message: string }[];
};
type Verified = { valid: boolean; faultCount: number };

void t.test('a headquarters restored from a running copy heals itself', async (t) => {
  const chain = await startChain(t, { gatewayConfig: { 'uplink.maxEntriesPerSecond': '20' } });
  const { hq, gateway, places } = chain;
  const custody = join(hq.home, 'custody');
  const copy = join(hq.home, 'custody-copy');
  const till = await chain.addTill('till-1');
  let sumMinor = await sellCash(till, { from: 1, to: 20 });
  await expectAllAtHq(t, gateway);
  const before = await hq.json<HqStatus>('status');
  sumMinor += await sellCash(till, { from: 21, to: 40 });
  cpSync(custody, copy, { recursive: true });
  sumMinor += await sellCash(till, { from: 41, to: 140, lineCount: SLOW_LINES });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 140, sumMinor });

  await hq.stop();
  rmSync(custody, { recursive: true });
  renameSync(copy, custody);
  sumMinor += await sellCash(till, { from: 141, to: 150 });
  await hq.start(places.mqtt?.port);
  const noticed = await settled(
    () => hq.json<HqStatus>('status'),
    ({ restore }) => restore.length === 1,
  );
  // Mostly in the middle of it; how far it came by now is the machine's to say.
  t.match(noticed.alarms, [{ code: 'HQ_RESTORED' }]);
  await hq.stop('SIGKILL');
  await hq.start(places.mqtt?.port);

  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 150, sumMinor });
  const healed = await settled(
    () => hq.json<HqStatus>('status'),
    ({ restore }) => restore[0]?.completeAt !== null,
  );
  t.not(healed.incarnation, before.incarnation);
  t.equal(healed.incarnation, noticed.incarnation, 'one restore is one new incarnation');
  t.strictSame(
    healed.lives.map(({ reason }) => reason),
    ['begun', 'restored'],
  );
  t.match(healed.alarms, [{ code: 'HQ_RESTORED', message: /All of it is here again since/ }]);
  t.match(await hq.json<Verified>('log', 'verify'), { valid: true, faultCount: 0 });
  t.match(await hq.ok('status'), /ALARM +HQ_RESTORED/);
});
