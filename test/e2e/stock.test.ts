/**
 * Goal: stock on hand at a real gateway: what is sold goes down, a count resets it as of an entry, what
 * goes below zero stands in the log once, and all of it is there again when the process was killed or
 * its file is damaged. Method: a till over MQTT, and the command line.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { must } from '../../protocol/must.ts';
import { StockTill } from '../support/stock-till.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';

t.setTimeout(120_000);

const WAIT_MS = 20_000;

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('it did not come');
    await delay(20);
  }
}

void t.test('stock on hand', async (t) => {
  const gateway = new GatewayUnderTest(t.testdir());
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  const stockFile = join(gateway.home, 'data', 'stock.db');
  const till1 = await gateway.addDevice('t1');
  const connect = async (): Promise<StockTill> => {
    const { mqtt } = await gateway.start();
    const connected = await StockTill.connect(mqtt, till1);
    t.teardown(() => connected.end());
    return connected;
  };
  let till = await connect();
  const onHand = async (itemId: string): Promise<number | undefined> =>
    (await till.stockOf(itemId)).result?.onHand.value;

  await till.move(1, { itemId: 'milk', value: 3 });
  t.notOk(existsSync(stockFile), 'sales alone begin nothing');
  t.match(
    await till.move(2, {
      itemId: 'milk',
      value: 1,
      stock: { movement: 'count', counterpart: 's2' },
    }),
    {
      ...{ outcome: 'rejected', errors: [{ code: 'TXN_STOCK_MISPLACED' }] },
    },
  );
  await till.move(3, { itemId: 'milk', value: 10, stock: { movement: 'receipt' } });
  const first = await till.stockOf('milk');
  t.match(first, { state: 'found', result: { onHand: { value: 7, scale: 0 }, isKept: true } });
  const asOf = must(first.result, 'it was found').asOf.index;
  await till.move(4, { itemId: 'milk', value: 2 });
  t.equal(await onHand('milk'), 5, 'at once');
  await till.move(5, { itemId: 'milk', value: 6, stock: { movement: 'count', asOf } });
  t.match(await till.stockOf('milk'), {
    result: { onHand: { value: 4 }, lastCount: { quantity: { value: 6 }, asOf }, behind: 0 },
  });
  t.match(await till.stockOf('cheese'), { state: 'unknown', error: { code: 'QUERY_NOT_FOUND' } });

  const sold = await till.move(6, { itemId: 'milk', value: 6 });
  t.equal(sold.outcome, 'accepted', 'a sale is never blocked by stock');
  const reader = openLedgerReader(join(gateway.home, 'data'));
  t.teardown(() => reader.close());
  const deficits = (): number[] =>
    [...reader.entries(0, reader.size())].flatMap(({ index, leaf }) =>
      decodeEntry(leaf).header['event'] === 'stockDeficit' ? [index] : [],
    );
  const [index] = await until(() => (deficits().length > 0 ? deficits() : undefined));
  t.match(await gateway.json<{ header: object }>('log', 'show', String(index)), {
    header: {
      ...{ kind: 'note', itemId: 'milk', onHand: { value: -2, scale: 0 } },
      at: { origin: sold.origin, index: sold.index },
    },
  });
  await until(() => till.news.find((one) => one.id === 'milk' && one.stock?.onHand.value === -2));

  await till.end();
  await gateway.stop('SIGKILL');
  // Its write-ahead log alone would be enough to heal it.
  rmSync(`${stockFile}-wal`, { force: true });
  writeFileSync(stockFile, 'this is no database at all');
  till = await connect();
  t.equal(await onHand('milk'), -2, 'added up again');
  await till.move(7, { itemId: 'milk', value: 1 });
  t.equal(await onHand('milk'), -3);
  t.equal(deficits().length, 1, 'and the deficit is not said again');
  t.match(await gateway.status(), {
    stock: { running: true, items: 1, behind: 0 },
    alarms: [{ code: 'STOCK_DATABASE_DAMAGED' }],
  });
  await till.end();
  t.equal(await gateway.stop(), 0);
});
