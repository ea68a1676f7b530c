/**
 * Goal: stock on hand at a real gateway: what is sold goes down, a count resets it as of an entry, what
 * goes below zero stands in the log once, and all of it is there again when the process was killed or
 * its file is damaged. Method: a till over MQTT, and the command line.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
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

interface ShownEntry {
  entry: { kind: string; event?: string; itemId?: string; at?: { index: number } };
}

void t.test('stock on hand', async (t) => {
  const gateway = new GatewayUnderTest(t.testdir());
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  const till1 = await gateway.addDevice('t1');
  const connect = async (): Promise<StockTill> => {
    const { mqtt } = await gateway.start();
    return StockTill.connect(mqtt, till1);
  };
  let till = await connect();
  const onHand = async (itemId: string): Promise<number | undefined> =>
    (await till.stockOf(itemId)).result?.onHand.value;

  await till.move(1, 'milk', 3);
  t.notOk((await gateway.status()).stock.running, 'sales alone begin nothing');
  t.match(await till.move(2, 'milk', 1, { movement: 'count', counterpart: 's2' }), {
    ...{ outcome: 'rejected', errors: [{ code: 'TXN_STOCK_MISPLACED' }] },
  });
  await till.move(3, 'milk', 10, { movement: 'receipt' });
  const first = await till.stockOf('milk');
  t.match(first, { state: 'found', result: { onHand: { value: 7, scale: 0 }, isKept: true } });
  const asOf = must(first.result, 'it was found').asOf.index;
  await till.move(4, 'milk', 2);
  t.equal(await onHand('milk'), 5, 'at once');
  await till.move(5, 'milk', 6, { movement: 'count', asOf });
  t.match(await till.stockOf('milk'), {
    result: { onHand: { value: 4 }, lastCount: { quantity: { value: 6 }, asOf }, behind: 0 },
  });
  t.match(await till.stockOf('cheese'), { state: 'unknown', error: { code: 'QUERY_NOT_FOUND' } });

  const sold = await till.move(6, 'milk', 6);
  t.equal(sold.outcome, 'accepted', 'a sale is never blocked by stock');
  const deficits = async (): Promise<ShownEntry['entry'][]> => {
    const { log } = await gateway.status();
    const entries: ShownEntry['entry'][] = [];
    for (let index = sold.index + 1; index < log.size; index += 1) {
      const { entry } = await gateway.json<ShownEntry>('log', 'show', String(index));
      if (entry.event === 'stockDeficit') entries.push(entry);
    }
    return entries;
  };
  await until(async () => ((await deficits()).length > 0 ? true : undefined));
  t.match(await deficits(), [
    { kind: 'note', itemId: 'milk', onHand: { value: -2, scale: 0 }, at: { index: sold.index } },
  ]);
  await until(() => till.news.find((one) => one.id === 'milk' && one.stock?.onHand.value === -2));

  await till.end();
  await gateway.stop('SIGKILL');
  till = await connect();
  t.equal(await onHand('milk'), -2);
  await till.end();
  await gateway.stop();
  writeFileSync(join(gateway.home, 'data', 'stock.db'), 'this is no database at all');
  till = await connect();
  t.equal(await onHand('milk'), -2, 'added up again');
  await till.move(7, 'milk', 1);
  t.equal(await onHand('milk'), -3);
  t.equal((await deficits()).length, 1, 'and the deficit is not said again');
  t.match(await gateway.status(), {
    stock: { running: true, items: 1, behind: 0 },
    alarms: [{ code: 'STOCK_DATABASE_DAMAGED' }],
  });
  await till.end();
  t.equal(await gateway.stop(), 0);
});
