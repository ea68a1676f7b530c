/**
 * Headquarters loses everything but its keys while the gateway goes on selling: it admits the store
 * again by its own signature, takes the whole log once more, and counts what the tills were told.
 */
import { readdirSync } from 'node:fs';
import t from 'tap';
import {
  expectAllAtHq,
  expectTotals,
  sellCash,
  settled,
  startChain,
} from '../support/chain-under-test.ts';

t.setTimeout(280_000);

type Stores = { stores: { origin: string; size: number; state: string }[] };

void t.test('headquarters with nothing left but its keys heals from the gateway', async (t) => {
  const chain = await startChain(t, { losesConfig: true });
  const { hq, gateway, places } = chain;
  const till = await chain.addTill('till-1');
  let sumMinor = await sellCash(till, { from: 1, to: 40 });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 40, sumMinor });

  await hq.stop('SIGKILL');
  hq.loseAllButKeys();
  t.same(readdirSync(hq.home), ['keys']);
  sumMinor += await sellCash(till, { from: 41, to: 50 });
  await hq.start(places.mqtt?.port);
  sumMinor += await sellCash(till, { from: 51, to: 60 });

  // The gateway still believes what headquarters once signed, until headquarters says otherwise.
  const { log, origin } = await gateway.status();
  const { stores } = await settled(
    () => hq.json<Stores>('store', 'list'),
    (answer) => answer.stores.some((each) => each.origin === origin && each.size >= log.size),
  );
  const kept = stores.find((each) => each.origin === origin);
  t.match(kept, { state: 'kept' }, 'the store was admitted again, with no one at the keyboard');
  // At least: that headquarters went back is an entry too.
  t.ok((kept?.size ?? 0) >= log.size, 'with all of its log');
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 60, sumMinor });
  t.match(await hq.ok('log', 'verify'), /./);
  t.equal((await gateway.status()).origin, origin, 'the log goes on: no new epoch');
});
