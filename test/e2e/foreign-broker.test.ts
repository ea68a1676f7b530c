/**
 * Headquarters behind a broker that is not ours: sales arrive through a real mosquitto, which goes
 * away in the middle; the store sells on, and everything arrives once it is back.
 */
import t from 'tap';
import { expectAllAtHq, expectTotals, sellCash, startChain } from '../support/chain-under-test.ts';
import { MosquittoUnderTest } from '../support/mosquitto.ts';
import { needTool } from '../support/need-tool.ts';
import { tillgate } from '../support/tillgate-process.ts';

t.setTimeout(240_000);

void t.test('sales arrive through mosquitto, also when it goes away for a while', async (t) => {
  if (!needTool(t, 'mosquitto')) return;
  const mosquitto = await MosquittoUnderTest.onFreePort();
  t.teardown(() => mosquitto.stop());
  await mosquitto.start();
  const chain = await startChain(t, {
    hqWords: ['--broker', mosquitto.url],
    hqUrl: mosquitto.url,
  });
  const { hq, gateway, enrolment, places } = chain;
  t.equal(places.mqtt, null, 'no broker of our own is open');
  t.equal(enrolment.hqUrl, mosquitto.url);
  const till = await chain.addTill('till-1');
  const key = (await gateway.ok('log', 'key')).trim();
  const words = ['hq', 'store', 'add', '--verifier-key', key, '--home', hq.home];
  t.match(
    await tillgate(words),
    { exitCode: 1, stdout: '', stderr: /^Error: .*broker.*\nTry: .*--hq-url/s },
    'no enrolment names the embedded broker, which is not there',
  );
  let sumMinor = await sellCash(till, { from: 1, to: 10 });
  await expectAllAtHq(t, gateway);

  await mosquitto.stop();
  sumMinor += await sellCash(till, { from: 11, to: 15 });
  t.ok((await gateway.status()).entriesOnlyHere >= 5, 'the store sells on by itself');
  await mosquitto.start();
  sumMinor += await sellCash(till, { from: 16, to: 20 });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 20, sumMinor });
  t.match(await hq.json('log', 'verify'), { valid: true });
  const { log, origin } = await gateway.status();
  t.match(await hq.json('store', 'list'), { stores: [{ origin, ...log, state: 'kept' }] });
});
