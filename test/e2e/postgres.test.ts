/**
 * Headquarters on a real PostgreSQL: killed in the middle of a drain it has lost nothing that it
 * signed for, goes on from there, and counts to the penny.
 */
import t from 'tap';
import {
  expectAllAtHq,
  expectTotals,
  sellCash,
  settled,
  startChain,
} from '../support/chain-under-test.ts';
import type { HqPlaces } from '../support/headquarters-process.ts';
import { needTool } from '../support/need-tool.ts';
import { startPostgres } from '../support/postgres.ts';

t.setTimeout(240_000);

/**
 * Slow enough that a kill falls into the middle of the backlog, quick enough to end: with sales of
 * some 15 KiB a batch, which the limit may overdraw by, holds no more than about seventy.
 */
const ENTRIES_A_SECOND = 50;
const BACKLOG = 400;
const BACKLOG_LINES = 90;

type Stores = { stores: { size: number }[] };
type Verified = { valid: boolean; entries: number; faultCount: number };

/** Entries in custody, asked of the running headquarters. */
async function keptAt({ http }: HqPlaces): Promise<number> {
  const { stores } = (await (
    await fetch(`http://${http.host}:${http.port}/api/stores`)
  ).json()) as Stores;
  return stores[0]?.size ?? 0;
}

void t.test('PostgreSQL keeps what a headquarters killed in the middle signed for', async (t) => {
  if (!needTool(t, 'postgres')) return;
  const postgres = await startPostgres();
  t.teardown(() => postgres.stop());
  const database = postgres.createDatabase();
  const chain = await startChain(t, {
    hqWords: ['--database', database],
    gatewayConfig: { 'uplink.maxEntriesPerSecond': String(ENTRIES_A_SECOND) },
  });
  const { hq, gateway, places } = chain;
  const verify = () => hq.json<Verified>('log', 'verify', '--database', database);
  const till = await chain.addTill('till-1');
  let sumMinor = await sellCash(till, { from: 1, to: 10 });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 10, sumMinor });

  sumMinor += await sellCash(till, { from: 11, to: 10 + BACKLOG, lineCount: BACKLOG_LINES });
  const { size } = (await gateway.status()).log;
  const kept = await settled(
    () => keptAt(places),
    (entries) => entries > size - BACKLOG / 2,
  );
  t.ok(kept > size - BACKLOG && kept < size, `killed in the middle, at ${kept} of ${size}`);
  await hq.stop('SIGKILL');
  const found = await verify();
  t.match(found, { valid: true, faultCount: 0 });
  t.ok(found.entries >= kept && found.entries < size, 'what it showed is there');
  const signedFor = (await gateway.status()).uplink.head?.size ?? 0;
  t.ok(found.entries >= signedFor, 'and all that it signed for');

  await hq.start(places.mqtt?.port);
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 10 + BACKLOG, sumMinor });
  t.match(await verify(), { valid: true, entries: size, faultCount: 0 });
});
