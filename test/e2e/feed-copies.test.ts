/**
 * Goal: a new gateway takes a chain in from a snapshot and goes on mirroring; and a headquarters that is
 * restored from an older copy gets the prices that it had published since back from its gateway, and
 * says them again in the feed of its new life. Real processes; the copy is taken of a stopped home.
 */
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import t from 'tap';
import type { Test } from 'tap';
import { gatewayPaths } from '../../config/paths.ts';
import { withHq } from '../../hq/control/with-hq.ts';
import { systemClock } from '../../platform/system-clock.ts';
import {
  askGateway,
  initialiseHomes,
  joinHq,
  startGateway,
  startHq,
} from '../support/chain-processes.ts';
import type { ChainHomes } from '../support/chain-processes.ts';
import { ownFolder } from '../support/own-folder.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

/** Tells the addresses of this suite from those of others. */
const NUMBER = 93;
/** Enough for a snapshot. */
const ITEMS = 1_500;
const TOGETHER = 500;
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'nl'];

type Change = { op: string; collection: string; document: object };

function items(): Change[] {
  const names = Object.fromEntries(LANGUAGES.map((language) => [language, 'x'.repeat(240)]));
  return Array.from({ length: ITEMS }, (_, at) => ({
    ...{ op: 'put', collection: 'item', document: { itemId: `sku-${at}`, names } },
  }));
}

function price(itemId: string, value: number): Change {
  const document = { itemId, currency: 'GBP', amount: { value, scale: 2 } };
  return { op: 'put', collection: 'price', document };
}

async function publish(homes: ChainHomes, changes: readonly Change[]): Promise<void> {
  await withHq({ home: homes.hq, clock: systemClock }, async (call) => {
    const { id } = await call('feed.begin', { chain: 'acme', isDryRun: false });
    for (let at = 0; at < changes.length; at += TOGETHER) {
      await call('feed.add', { id, changes: changes.slice(at, at + TOGETHER) });
    }
    let state = await call('feed.commit', { id });
    while (state.state !== 'done') {
      await delay(25);
      state = await call('feed.state', { id });
    }
    t.same(state.report.problems, []);
  });
}

/** The prices that headquarters says, by item. */
async function pricesAtHq(homes: ChainHomes): Promise<Record<string, number>> {
  return withHq({ home: homes.hq, clock: systemClock }, async (call) => {
    const page = { collection: 'price', after: '', limit: 100 };
    const { documents } = await call('feed.show', { chain: 'acme', ...page });
    return Object.fromEntries(
      documents.map(({ document }) => {
        const { itemId, amount } = document as { itemId: string; amount: { value: number } };
        return [itemId, amount.value];
      }),
    );
  });
}

async function feedOf(homes: ChainHomes) {
  const status = await askGateway(homes.gateway, (control) => control.call('status', {}));
  return status?.feeds.feeds[0];
}

async function holds(homes: ChainHomes, prices: number): Promise<boolean> {
  return (await feedOf(homes))?.documents['price'] === prices;
}

/** A snapshot was made, and came: of the entries before it the gateway has none. */
async function expectSnapshot(t: Test, homes: ChainHomes): Promise<void> {
  const snapshots = join(homes.hq, 'snapshots');
  t.ok(
    await until(() => existsSync(snapshots) && readdirSync(snapshots).length > 0),
    'one is made',
  );
  await joinHq(homes);
  t.ok(await until(() => holds(homes, 2)), 'all of it is in force');
  const file = new Database(gatewayPaths(homes.gateway).feedsFile, { readonly: true });
  t.equal(file.prepare('SELECT count(*) FROM leaf').pluck().get(), 0, 'no entry was sent');
  file.close();
  t.match(await feedOf(homes), { documents: { item: ITEMS, price: 2 }, quarantined: 0 });
}

void t.test('from a snapshot, and back from a gateway', async (t) => {
  const folder = ownFolder(t);
  const homes = { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
  await initialiseHomes(homes, NUMBER);
  await publish(homes, [...items(), price('sku-1', 100), price('sku-2', 100)]);
  let hq = startHq(homes.hq);
  const gateway = startGateway(homes.gateway);
  t.teardown(() => Promise.all([hq.end(), gateway.end()]));
  await Promise.all([hq.ready(), gateway.ready()]);
  await expectSnapshot(t, homes);
  await publish(homes, [price('sku-3', 100)]);
  t.ok(await until(() => holds(homes, 3)), 'the log goes on from there');
  const before = (await feedOf(homes))?.origin;

  await hq.end('SIGTERM');
  const copy = join(folder, 'copy');
  cpSync(homes.hq, copy, { recursive: true });
  hq = startHq(homes.hq);
  await hq.ready();
  await publish(homes, [price('sku-4', 100), price('sku-1', 222)]);
  t.ok(await until(() => holds(homes, 4)), 'what the copy does not hold');
  await hq.end();
  rmSync(homes.hq, { recursive: true });
  cpSync(copy, homes.hq, { recursive: true });
  hq = startHq(homes.hq);
  await hq.ready();
  t.ok(await until(async () => (await pricesAtHq(homes))['sku-4'] === 100), 'it came back');
  t.match(await pricesAtHq(homes), { 'sku-1': 222, 'sku-2': 100, 'sku-3': 100 });
  const isNew = async (): Promise<boolean> => {
    const feed = await feedOf(homes);
    return feed?.origin !== before && feed?.documents['price'] === 4;
  };
  t.ok(await until(isNew), 'the gateway takes the feed of the new life');
  await publish(homes, [price('sku-5', 100)]);
  t.ok(await until(() => holds(homes, 5)), 'and goes on in it');
  const status = await askGateway(homes.gateway, (control) => control.call('status', {}));
  t.match(status?.feeds, { coming: [], problem: null });
});
