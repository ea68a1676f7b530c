/**
 * The home of a joined gateway runs twice, as after cloning a machine: both copies sell, each sale
 * counts once, people hear of it at both ends, and when one copy is off nothing more is said. Real
 * processes, all ports the system's.
 */
import t from 'tap';
import type { Test } from 'tap';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import type { Evidence } from '../../hq/custody/custody.ts';
import {
  expectAllAtHq,
  expectTotals,
  sellCash,
  settled,
  startChain,
} from '../support/chain-under-test.ts';
import type { ChainUnderTest } from '../support/chain-under-test.ts';
import { expectVerified, recovered, secondMachine, tillOf } from '../support/copied-home.ts';
import { cashSale } from '../support/till-under-test.ts';
import { tillgate } from '../support/tillgate-process.ts';
import type { GatewayUnderTest } from '../support/tillgate-process.ts';

t.setTimeout(280_000);

const sale = (number: number): string => cashSale(number, { totalMinor: 100 + number });

const hasForked = ({ alarms }: Pick<GatewayStatus, 'alarms'>): boolean =>
  alarms.some(({ code }) => code === 'LOG_FORKED');

const told = (gateway: GatewayUnderTest): Promise<GatewayStatus> =>
  settled(() => gateway.status(), hasForked);

const hqStatus = ({ hq }: ChainUnderTest): Promise<Pick<GatewayStatus, 'alarms'>> =>
  hq.json('status');

async function logsAtHq({ hq }: ChainUnderTest): Promise<string[]> {
  const { stores } = await hq.json<{ stores: { origin: string }[] }>('store', 'list');
  return stores.map(({ origin }) => origin);
}

/** The contradictions that headquarters keeps of all logs of the gateway. */
async function evidenceAtHq({ places }: ChainUnderTest): Promise<Evidence[]> {
  const { host, port } = places.http;
  const answer = await fetch(`http://${host}:${port}/api/stores/acme/s0417/g1`);
  const { epochs } = (await answer.json()) as { epochs: { evidence: Evidence[] }[] };
  return epochs.flatMap(({ evidence }) => evidence);
}

void t.test('two copies that run at once both sell, and one of them goes on alone', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway } = chain;
  const credential = await gateway.addDevice('till-1');
  const { origin } = await gateway.status();
  let sumMinor = await sellCash(await tillOf(t, gateway, credential), { from: 1, to: 5 });
  await expectAllAtHq(t, gateway);
  await gateway.stop();
  const copy = secondMachine(t, gateway, 'copy');
  const both = [gateway, copy];
  await Promise.all(both.map((one) => one.start()));
  const tills = await Promise.all(both.map((one) => tillOf(t, one, credential)));
  const sold = await Promise.all(
    tills.map((till, at) => sellCash(till, { from: 101 + 100 * at, to: 130 + 100 * at })),
  );
  sumMinor += sold.reduce((sum, minor) => sum + minor, 0);
  for (const one of both) t.match(await told(one), { alarms: [{ code: /./, message: /./ }] });
  for (const one of both) await recovered(t, one);
  const states = await Promise.all(both.map((one) => one.status()));
  const keeps = states.filter((status) => status.origin === origin);
  t.equal(keeps.length, 1, 'one keeps the log, the other begins an epoch');
  for (const [at, till] of tills.entries()) {
    sumMinor += await sellCash(till, { from: 131 + 100 * at, to: 140 + 100 * at });
    const number = 101 + 100 * at;
    t.match(await till.submit(sale(number)), { outcome: 'accepted', origin }, 'the first answer');
  }
  for (const one of both) await expectAllAtHq(t, one);
  await expectTotals(t, hq, { sales: 85, sumMinor });
  const logs = await logsAtHq(chain);
  t.equal(logs.length, 2, 'a log for each');
  const [evidence] = await evidenceAtHq(chain);
  const signed = new RegExp(`^— ${origin} `, 'm');
  t.match(evidence, { origin, held: signed, claimed: signed });
  t.match(await hqStatus(chain), { alarms: [{ code: 'LOG_FORKED', message: /second copy/ }] });
  for (const one of both) {
    t.match((await one.ok('status')).toLowerCase(), /second copy/, 'a person reads what to do');
    await expectVerified(t, { ...chain, gateway: one });
  }
  const [keeper, other] = states[0]?.origin === origin ? both : [copy, gateway];
  await other?.stop();
  await expectQuiet(t, { chain, gateway: keeper ?? gateway });
});

/** The other copy is off and the alarms are cleared: both ends restart and have nothing to say. */
async function expectQuiet(
  t: Test,
  { chain, gateway }: { chain: ChainUnderTest; gateway: GatewayUnderTest },
): Promise<void> {
  const { hq, places } = chain;
  const before = { logs: await logsAtHq(chain), evidence: await evidenceAtHq(chain) };
  await gateway.stop();
  await hq.stop();
  chain.places = await hq.start(places.mqtt?.port);
  await gateway.start();
  await gateway.ok('alarm', 'clear', 'all');
  await tillgate(['alarm', 'clear', 'all', '--hq', '--home', hq.home]);
  await gateway.addDevice('till-2');
  await expectAllAtHq(t, gateway);
  t.same((await gateway.status()).alarms, [], 'the gateway is quiet');
  t.same((await hqStatus(chain)).alarms, [], 'headquarters is quiet');
  const after = { logs: await logsAtHq(chain), evidence: await evidenceAtHq(chain) };
  t.same(after, before, 'no epoch and no evidence came of it');
}
