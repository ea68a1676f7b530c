/**
 * Goal: a price of the store is an entry before it counts, stands until it runs out, survives restarts,
 * and each price of headquarters that waits for it is told once. Method: a real ledger in a folder, feeds
 * and a clock that the test moves.
 */
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { isTillgateError } from '../../protocol/errors.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { Scaled } from '../../protocol/scaled.ts';
import { openLedgerInProcess } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { OVERRIDE_MS_MAX, OverrideBook } from './override-book.ts';
import type { PublishedPrice } from './override-event.ts';
import { readOverride, readWithdrawal } from './override-request.ts';
import { PriceDesk } from './price-desk.ts';
import { PriceWatch } from './price-watch.ts';

const NOW = Date.parse('2026-05-01T09:00:00Z');
const HOUR_MS = 3_600_000;
const ORIGIN = 'shop.example/acme/s0417/g1/e1';
const FEED = 'shop.example/acme/hq/hq/e1-0f1e2d3c';
const LATER_FEED = 'shop.example/acme/hq/hq/e2-a0b1c2d3';
const EUR = { currency: 'EUR', managerId: 'op-7' };

function inHours(hours: number): string {
  return new Date(NOW + hours * HOUR_MS).toISOString();
}

function lab(t: Test) {
  const dataDir = join(t.testdir(), 'data');
  const prices = new Map<string, PublishedPrice>();
  const world = { nowMs: NOW, failing: false };
  const clock = { wallMs: () => world.nowMs, monotonicMs: () => 0 };
  let stop = (): Promise<void> => Promise.resolve();
  const start = () => {
    const onFatal = (error: unknown): void => void t.fail(String(error));
    const ledger = openLedgerInProcess({ dataDir, origin: ORIGIN, clock, onFatal });
    const reader = openLedgerReader(dataDir);
    stop = async () => {
      reader.close();
      await ledger.close();
    };
    const book = new OverrideBook({ clock, reader, ledger, origin: () => ledger.tip.origin });
    const desk = new PriceDesk({
      ...{ book, clock, ledger },
      feeds: {
        hasItem: (itemId) => itemId !== 'nothing',
        at: (_atMs, of) => of.map(({ itemId }) => prices.get(itemId) ?? null),
      },
      pause: () => Promise.resolve(),
    });
    const set = (itemId: string, amount: string, hours = 1) =>
      desk.set(readOverride({ itemId, amount, until: inHours(hours), ...EUR }, world.nowMs));
    return { book, desk, set };
  };
  t.teardown(() => stop());
  return {
    ...{ world, clock, start },
    stop: () => stop(),
    publish: (itemId: string, amount: Scaled, entry: number, origin = FEED) =>
      void prices.set(itemId, { origin, entry, amount }),
    entries: (kind: string): object[] => {
      const reader = openLedgerReader(dataDir);
      const all = [...reader.entries(0, reader.size())].map(({ leaf }) => decodeEntry(leaf).header);
      reader.close();
      return all.filter((header) => header.kind === kind);
    },
  };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return isTillgateError(error) ? error.code : String(error);
  }
}

void t.test('a price of the store is in the log, and counts until it runs out', async (t) => {
  const { world, start, stop, publish, entries } = lab(t);
  publish('4711', { value: 129, scale: 2 }, 3);
  const { desk, set } = start();
  await set('4711', '0.99', 2);
  await set('4712', '5', 1);
  t.match(entries('audit'), [
    {
      ...{ event: 'priceOverride', action: 'set', itemId: '4711', currency: 'EUR' },
      ...{ amount: { value: 99, scale: 2 }, until: inHours(2), managerId: 'op-7' },
      over: { origin: FEED, entry: 3, amount: { value: 129, scale: 2 } },
    },
    { itemId: '4712', over: null },
  ]);
  t.match(await desk.list(), [
    { itemId: '4711', published: { entry: 3 }, origin: ORIGIN },
    { itemId: '4712', published: null },
  ]);
  world.nowMs += HOUR_MS;
  t.match(desk.counting(), [{ itemId: '4711' }], 'the end is exclusive');
  await stop();
  const later = start();
  t.match(later.desk.counting(), [{ itemId: '4711', until: inHours(2) }], 'also after a restart');
  await later.set('4711', '0.95', 3);
  t.match(later.desk.counting(), [{ amount: { value: 95, scale: 2 } }], 'the last word counts');
  await later.desk.withdraw(readWithdrawal({ itemId: '4711', ...EUR }));
  t.same(later.desk.counting(), []);
  await stop();
  t.same(start().desk.counting(), [], 'what was taken back stays so');
});

void t.test('what may not be said is refused, and nothing is written', async (t) => {
  const { start, entries, world } = lab(t);
  const { desk, set } = start();
  const words = { itemId: '4711', amount: '1', until: inHours(1), ...EUR };
  const wrongs = [
    { amount: '-1' },
    { amount: '1,99' },
    { until: inHours(0) },
    { until: new Date(NOW + OVERRIDE_MS_MAX + 1).toISOString() },
    { until: 'tomorrow' },
    { currency: 'XXY' },
    { managerId: '' },
    { itemId: 'a b' },
    { reason: '' },
  ];
  for (const wrong of wrongs) {
    t.throws(() => readOverride({ ...words, ...wrong }, world.nowMs), { code: 'USAGE' });
  }
  t.equal(await codeOf(set('nothing', '1')), 'PRICE_ITEM_UNKNOWN');
  const unknown = desk.withdraw(readWithdrawal({ itemId: '4711', ...EUR }));
  t.equal(await codeOf(unknown), 'PRICE_OVERRIDE_UNKNOWN');
  t.same(entries('audit'), []);
});

void t.test('a price that headquarters publishes meanwhile waits, and is told once', async (t) => {
  const { start, stop, publish, entries } = lab(t);
  publish('4711', { value: 129, scale: 2 }, 3);
  const { desk, set } = start();
  const { index } = await set('4711', '0.99', 2);
  await desk.look();
  t.same(entries('conflict'), [], 'over what it was set is no conflict');
  publish('4711', { value: 129, scale: 2 }, 1, LATER_FEED);
  await desk.look();
  t.same(entries('conflict'), [], 'nor where another life of the feed says it again');
  publish('4711', { value: 135, scale: 2 }, 8);
  await desk.look();
  await desk.look();
  const conflictId = `storeOverride:acme/s0417/g1/4711/EUR@e1-0f1e2d3c-8+e1-${index}`;
  const told = {
    ...{ conflictId, rule: 'storeOverride', datum: 'price:acme/s0417/g1/4711/EUR', winner: 1 },
    sides: [
      { origin: FEED, index: 8, says: '1.35 EUR' },
      { origin: ORIGIN, index, says: `0.99 EUR until ${inHours(2)}, by op-7` },
    ],
  };
  t.match(entries('conflict'), [told]);
  await stop();
  const later = start();
  await later.desk.look();
  t.equal(entries('conflict').length, 1, 'nor again after a restart');
  publish('4711', { value: 990, scale: 3 }, 9);
  await later.desk.look();
  t.equal(entries('conflict').length, 1, 'the same price is no conflict');
  publish('4711', { value: 139, scale: 2 }, 10);
  await later.desk.look();
  t.equal(entries('conflict').length, 2, 'another price is another');
});

void t.test('those who answer and those who listen hear of each change once', async (t) => {
  const { start, world, clock } = lab(t);
  const { desk, set } = start();
  const timers: { callback: () => void; delayMs: number }[] = [];
  const news: object[] = [];
  const told: string[][] = [];
  const watch = new PriceWatch({
    ...{ desk, clock, store: 's0417' },
    schedule: (callback, delayMs) => {
      timers.push({ callback, delayMs });
      return () => undefined;
    },
    onOverrides: (overrides) => void told.push(overrides.map(({ itemId }) => itemId)),
    onNews: (body) => void news.push(body),
    onTrouble: (error) => t.fail(String(error)),
  });
  await watch.look();
  t.same([told, timers], [[], []], 'a store without such prices is left alone');
  const { index } = await set('4711', '0.99', 1 / 120);
  watch.announce();
  watch.announce();
  t.same(told, [['4711']]);
  const id = '4711/EUR/s:s0417/override';
  t.match(news, [
    {
      ...{ type: 'changed', collection: 'price', op: 'put', id },
      document: { itemId: '4711', amount: { value: 99, scale: 2 }, to: inHours(1 / 120) },
      override: { managerId: 'op-7', origin: ORIGIN, index },
    },
  ]);
  t.equal(timers.at(-1)?.delayMs, HOUR_MS / 120, 'looks again when it runs out');
  world.nowMs += HOUR_MS / 120;
  await watch.look();
  t.same(told.at(-1), []);
  t.match(news.slice(1), [{ op: 'delete', id }]);
  await set('4712', '1', 2);
  watch.announce();
  t.equal(timers.at(-1)?.delayMs, 60_000, 'a price of headquarters may begin meanwhile');
  watch.close();
});
