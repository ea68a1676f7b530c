/**
 * Headquarters was away for so long that a log of many entries waits: the gateway starts with it,
 * takes sales before, while and after it drains, and headquarters holds every entry in the end.
 *
 *   npm run backlog      a million entries; npm test takes fewer
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { numberOption } from '../../bench/figures.ts';
import { gatewayPaths } from '../../config/paths.ts';
import { buildLedger, BUILT_ORIGIN } from '../support/built-ledger.ts';
import { settled } from '../support/chain-under-test.ts';
import { tillOf } from '../support/copied-home.ts';
import { HeadquartersUnderTest } from '../support/headquarters-process.ts';
import { cashSale } from '../support/till-under-test.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

const ENTRIES = numberOption('entries', 10_000);
/** A drain that stands still for so long has stopped. */
const STILL_MS_MAX = 60_000;

t.setTimeout(ENTRIES > 100_000 ? 1_200_000 : 240_000);

void t.test('many entries wait, and tills notice nothing', async (t) => {
  const folder = ownFolder(t);
  const hq = new HeadquartersUnderTest(folder);
  const gateway = new GatewayUnderTest(folder);
  t.teardown(() => Promise.all([gateway.stop('SIGKILL'), hq.stop('SIGKILL')]));
  await hq.ok('init');
  const { mqtt } = await hq.start();
  await gateway.init();
  buildLedger({ dataDir: gatewayPaths(gateway.home).dataDir, entries: ENTRIES });
  const credential = await gateway.addDevice('till-1');
  const key = (await gateway.ok('log', 'key')).trim();
  const enrolment = join(folder, 'enrolment.json');
  writeFileSync(enrolment, await hq.ok('store', 'add', '--verifier-key', key));
  await gateway.ok('hq', 'join', enrolment);
  await hq.stop();

  const started = await gateway.start();
  t.equal(started.origin, BUILT_ORIGIN, 'the log goes on');
  t.ok(started.log.size >= ENTRIES && started.entriesOnlyHere === started.log.size, 'all waits');
  const till = await tillOf(t, gateway, credential);
  let sold = 0;
  const sell = async (): Promise<void> => {
    sold += 1;
    const { outcome, origin, index } = await till.submit(cashSale(sold, { totalMinor: sold }));
    t.match({ outcome, origin }, { outcome: 'accepted', origin: BUILT_ORIGIN });
    t.ok(index >= ENTRIES, 'behind everything that waits');
  };
  for (let at = 0; at < 5; at++) await sell();

  await hq.start(mqtt?.port);
  let least = Infinity;
  let movedAtMs = performance.now();
  while (least > 0 && performance.now() - movedAtMs < STILL_MS_MAX) {
    if (sold < 50) await sell();
    const { entriesOnlyHere } = await gateway.status();
    if (entriesOnlyHere < least) movedAtMs = performance.now();
    least = Math.min(least, entriesOnlyHere);
    await sleep(100);
  }
  t.equal(least, 0, 'headquarters holds all of it');
  await sell();
  const { log } = await settled(
    () => gateway.status(),
    ({ entriesOnlyHere }) => entriesOnlyHere === 0,
  );
  const { stores } = await hq.json<{ stores: { origin: string; size: number }[] }>('store', 'list');
  t.match(stores, [{ origin: BUILT_ORIGIN, size: log.size }]);
  t.match(await hq.ok('log', 'verify'), /is as it was written/);
});
