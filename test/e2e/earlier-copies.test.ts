/**
 * Two more ways to a second copy, both alive beside the gateway: an image of an earlier day, which
 * wrote nothing of its own before it heard of headquarters' head, and one that sold on its own for
 * long without headquarters. Each sale counts once, and both ends say so. Real processes.
 */
import t from 'tap';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import {
  expectAllAtHq,
  expectTotals,
  sellCash,
  settled,
  startChain,
} from '../support/chain-under-test.ts';
import { expectVerified, recovered, secondMachine, tillOf } from '../support/copied-home.ts';

t.setTimeout(280_000);

type Told = Pick<GatewayStatus, 'alarms'>;

const says =
  (code: string, message = /./) =>
  ({ alarms }: Told): boolean =>
    alarms.some((alarm) => alarm.code === code && message.test(alarm.message));

void t.test('an image of an earlier day, and a copy that was offline for long', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway } = chain;
  const askHq = (): Promise<Told> => hq.json<Told>('status');
  const credential = await gateway.addDevice('till-1');
  const { origin } = await gateway.status();
  let sumMinor = await sellCash(await tillOf(t, gateway, credential), { from: 1, to: 5 });
  await expectAllAtHq(t, gateway);
  await gateway.stop();
  const [earlier, offline] = ['earlier', 'offline'].map((name) => secondMachine(t, gateway, name));
  if (earlier === undefined || offline === undefined) throw new Error('two copies were made');

  await hq.stop();
  await offline.start();
  const away = await tillOf(t, offline, credential);
  sumMinor += await sellCash(away, { from: 301, to: 340 });
  await away.end();
  await offline.stop();

  chain.places = await hq.start(chain.places.mqtt?.port);
  await gateway.start();
  const till = await tillOf(t, gateway, credential);
  sumMinor += await sellCash(till, { from: 6, to: 20 });
  await expectAllAtHq(t, gateway);

  await earlier.start();
  const moved = await settled(
    () => earlier.status(),
    (status) => status.origin !== origin,
  );
  t.not(moved.origin, origin, 'it begins an epoch of its own');
  t.match(moved, { alarms: [{ code: 'LOG_EPOCH_OPENED', message: /behindHq/ }] });
  const onEarlier = await tillOf(t, earlier, credential);
  sumMinor += await sellCash(onEarlier, { from: 101, to: 110 });
  await expectAllAtHq(t, earlier);
  sumMinor += await sellCash(till, { from: 21, to: 25 });
  t.ok(says('LOG_FORKED')(await settled(() => gateway.status(), says('LOG_FORKED'))));
  const beside = says('LOG_FORKED', /goes on beside .* second copy/);
  t.ok(beside(await settled(askHq, beside)), 'headquarters sees the log grow that was left');

  await offline.start();
  t.ok(says('LOG_FORKED')(await settled(() => offline.status(), says('LOG_FORKED'))));
  const twoHistories = says('LOG_FORKED', /two signed histories/);
  t.ok(twoHistories(await settled(askHq, twoHistories)), 'headquarters sees the contradiction');

  const all = [gateway, earlier, offline];
  await Promise.all(all.map((one) => recovered(t, one)));
  await Promise.all(all.map((one) => expectAllAtHq(t, one)));
  await expectTotals(t, hq, { sales: 75, sumMinor });
  t.equal((await gateway.status()).origin, origin, 'the gateway keeps its log');
  await expectVerified(t, chain);
});
