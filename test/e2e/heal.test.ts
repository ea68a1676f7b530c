/**
 * Headquarters loses everything but its keys while the gateway goes on selling: it admits the store
 * again by its own signature, takes the whole log once more, and counts what the tills were told.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import { HeadquartersUnderTest } from '../support/headquarters-process.ts';
import { sampleSale } from '../support/sample-sale.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';

/** The gateway's back-off reaches half a minute at most; reading and counting take seconds. */
const HEAL_MS_MAX = 90_000;
const SALE_TOTAL_MINOR = 1824;

t.setTimeout(280_000);

type Totals = { overall: { currency: string; transactions: number; totalMinor: string }[] };
type Stores = { stores: { origin: string; size: number; state: string }[] };

/** Submits so many sales, with ids from `first` on, and waits for all the answers. */
async function sell(
  gateway: GatewayUnderTest,
  till: { username: string; password: string },
  { first, count }: { first: number; count: number },
): Promise<void> {
  const { host, port } = (await gateway.status()).mqtt;
  const client = await mqtt.connectAsync({ ...till, host, port, protocolVersion: 4 });
  let accepted = 0;
  client.on('message', (_topic, payload) => {
    if (payload.toString().includes('"outcome":"accepted"')) accepted += 1;
  });
  await client.subscribeAsync(`transactions/${till.username}/result`, { qos: 1 });
  for (let at = first; at < first + count; at++) {
    const transactionId = `01936a4e-2a1c-7c3e-9d63-${String(at).padStart(12, '0')}`;
    const sale = sampleSale({ transactionId, sequenceNumber: at });
    await client.publishAsync(`transactions/${till.username}/submit`, sale, { qos: 1 });
  }
  const deadline = performance.now() + HEAL_MS_MAX;
  while (accepted < count && performance.now() < deadline) await delay(20);
  await client.endAsync();
}

async function untilNothingOnlyHere(t: Test, gateway: GatewayUnderTest): Promise<void> {
  const deadline = performance.now() + HEAL_MS_MAX;
  let waiting = -1;
  while (waiting !== 0 && performance.now() < deadline) {
    waiting = (await gateway.status()).entriesOnlyHere;
    await delay(100);
  }
  t.equal(waiting, 0, 'headquarters holds every entry');
}

async function expectTotals(t: Test, hq: HeadquartersUnderTest, sales: number): Promise<void> {
  const deadline = performance.now() + HEAL_MS_MAX;
  let seen: Totals['overall'] = [];
  while (seen[0]?.transactions !== sales && performance.now() < deadline) {
    seen = (await hq.json<Totals>('report', 'totals')).overall;
    await delay(200);
  }
  t.match(seen, [
    { currency: 'GBP', transactions: sales, totalMinor: String(sales * SALE_TOTAL_MINOR) },
  ]);
}

void t.test('headquarters with nothing left but its keys heals from the gateway', async (t) => {
  const folder = t.testdir();
  const gateway = new GatewayUnderTest(folder);
  const hq = new HeadquartersUnderTest(folder);
  t.teardown(async () => {
    await gateway.stop('SIGKILL');
    await hq.stop('SIGKILL');
  });
  await hq.ok('init');
  const { mqtt: broker } = await hq.start();
  await gateway.init();
  await gateway.start();
  const till = await gateway.addDevice('till-1');
  const key = (await gateway.ok('log', 'key')).trim();
  const enrolment = join(folder, 'enrolment.json');
  writeFileSync(enrolment, await hq.ok('store', 'add', '--verifier-key', key));
  await gateway.ok('hq', 'join', enrolment);

  await sell(gateway, till, { first: 1, count: 40 });
  await untilNothingOnlyHere(t, gateway);
  await expectTotals(t, hq, 40);

  await hq.stop('SIGKILL');
  hq.loseAllButKeys();
  t.same(readdirSync(hq.home), ['keys']);
  await sell(gateway, till, { first: 41, count: 10 });
  await hq.start(broker?.port);
  await sell(gateway, till, { first: 51, count: 10 });

  // The gateway still believes what headquarters once signed, until headquarters says otherwise.
  const deadline = performance.now() + HEAL_MS_MAX;
  const { log, origin } = await gateway.status();
  let kept: Stores['stores'][number] | undefined;
  while ((kept?.size ?? 0) < log.size && performance.now() < deadline) {
    kept = (await hq.json<Stores>('store', 'list')).stores.find((each) => each.origin === origin);
    await delay(200);
  }
  t.match(kept, { state: 'kept' }, 'the store was admitted again, with no one at the keyboard');
  await untilNothingOnlyHere(t, gateway);
  await expectTotals(t, hq, 60);
  t.match(await hq.ok('log', 'verify'), /./);
  t.equal((await gateway.status()).origin, origin, 'the log goes on: no new epoch');
});
