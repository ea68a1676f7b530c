/**
 * Goal: stock at a real gateway: what is sold goes down, a count resets it as of an entry, what goes
 * below zero stands in the log once, reservations promise what there is and end in time, and all of it
 * is there again when the process was killed and its file is damaged. Method: a till over MQTT, and the
 * command line.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { InProcessClient } from '../../daemon/ledger/in-process-client.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { must } from '../../protocol/must.ts';
import { stockPool } from '../../protocol/rights/pool.ts';
import { StockTill } from '../support/stock-till.ts';
import { saleId } from '../support/till-under-test.ts';
import { askGateway, mqttOf, startGateway } from '../support/chain-processes.ts';
import type { ServiceProcess } from '../support/chain-processes.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(120_000);

const WAIT_MS = 20_000;
const MILK = 'milk';

async function awaited<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('it did not come');
    await delay(20);
  }
}

/** The log of a gateway that may promise five units of milk. */
async function giveGrant(dataDir: string, origin: string): Promise<void> {
  const ledger = new InProcessClient({
    ...{ dataDir, origin, clock: systemClock, walBytesMax: 1e9, queueItemsMax: 16 },
    onFatal: (error) => {
      throw error;
    },
  });
  const grant = { grantId: 'g1', holder: 'g1', pool: stockPool('s0417', MILK), amount: 5_000 };
  await ledger.rights({ type: 'rights', change: { type: 'grant', grant } });
  await ledger.close();
}

function entriesWith(reader: LedgerReader, event: string): number[] {
  return [...reader.entries(0, reader.size())].flatMap(({ index, leaf }) =>
    decodeEntry(leaf).header['event'] === event ? [index] : [],
  );
}

async function countsAndSells(t: Test, till: StockTill, stockFile: string): Promise<void> {
  await till.move(1, { itemId: MILK, value: 3 });
  t.notOk(existsSync(stockFile), 'sales alone begin nothing');
  await till.move(3, { itemId: MILK, value: 10, stock: { movement: 'receipt' } });
  const first = await till.stockOf(MILK);
  t.match(first, { state: 'found', result: { onHand: { value: 7, scale: 0 }, isKept: true } });
  const asOf = must(first.result, 'it was found').asOf.index;
  await till.move(4, { itemId: MILK, value: 2 });
  t.match(await till.stockOf(MILK), { result: { onHand: { value: 5 } } }, 'at once');
  await till.move(5, { itemId: MILK, value: 6, stock: { movement: 'count', asOf } });
  t.match(await till.stockOf(MILK), {
    result: { onHand: { value: 4 }, lastCount: { quantity: { value: 6 }, asOf }, behind: 0 },
  });
  t.match(await till.stockOf('cheese'), { state: 'unknown', error: { code: 'QUERY_NOT_FOUND' } });
}

async function reserves(t: Test, till: StockTill, reader: LedgerReader): Promise<void> {
  const hold = { operation: 'hold', itemId: MILK, quantity: { value: 2, scale: 0 } };
  const more = { ...hold, quantity: { value: 4, scale: 0 } };
  const [first, second, third] = [saleId(901), saleId(902), saleId(903)];
  t.match(await till.reserve(first, hold), { state: 'held', left: { value: 3 } });
  t.match(await till.reserve(second, more), { error: { code: 'RIGHTS_LACKING' } });
  t.match(await till.reserve(first, { operation: 'release' }), { state: 'released' });
  const until = new Date(systemClock.wallMs() + 200).toISOString();
  t.match(await till.reserve(third, { ...hold, until }), { state: 'held', until });
  await awaited(() => (entriesWith(reader, 'released').length === 2 ? true : undefined));
  t.match(await till.reserve(third, { operation: 'collect' }), {
    error: { code: 'RESERVATION_SETTLED' },
  });
  t.match(await till.reserve(second, more), { state: 'held', left: { value: 1 } });
  t.match(await till.stockOf(MILK), {
    result: { promised: { value: 4 }, promisable: { value: 1 } },
  });
}

void t.test('stock', async (t) => {
  const gateway = new GatewayUnderTest(ownFolder(t));
  await gateway.init();
  const dataDir = join(gateway.home, 'data');
  const stockFile = join(dataDir, 'stock.db');
  const till1 = await gateway.addDevice('t1');
  await giveGrant(dataDir, 'tillgate.invalid/acme/s0417/g1/e1');
  const start = async (): Promise<{ process: ServiceProcess; till: StockTill }> => {
    const process = startGateway(gateway.home);
    t.teardown(() => process.end());
    const ready = must(await process.ready(), 'it started');
    const till = await StockTill.connect(mqttOf(ready), till1);
    t.teardown(() => till.end());
    return { process, till };
  };
  let { process, till } = await start();
  const reader = openLedgerReader(dataDir);
  t.teardown(() => reader.close());
  await countsAndSells(t, till, stockFile);
  await reserves(t, till, reader);

  const sold = await till.move(6, { itemId: MILK, value: 6 });
  t.equal(sold.outcome, 'accepted', 'a sale is never blocked by stock');
  const [index] = await awaited(() => {
    const found = entriesWith(reader, 'stockDeficit');
    return found.length > 0 ? found : undefined;
  });
  t.match(await gateway.json<{ header: object }>('log', 'show', String(index)), {
    header: {
      ...{ kind: 'note', itemId: MILK, onHand: { value: -2, scale: 0 } },
      at: { origin: sold.origin, index: sold.index },
    },
  });
  await awaited(() => till.news.find((one) => one.id === MILK && one.stock?.onHand.value === -2));

  await till.end();
  await process.end();
  // Its write-ahead log alone would be enough to heal it.
  rmSync(`${stockFile}-wal`, { force: true });
  writeFileSync(stockFile, 'this is no database at all');
  ({ process, till } = await start());
  await till.move(7, { itemId: MILK, value: 1 });
  t.match(await till.stockOf(MILK), {
    result: { onHand: { value: -3 }, promised: { value: 4 } },
  });
  t.equal(entriesWith(reader, 'stockDeficit').length, 1, 'the deficit is not said again');
  const status = await askGateway(gateway.home, (control) => control.call('status', {}));
  t.match(status, {
    stock: { running: true, items: 1, behind: 0 },
    alarms: [{ code: 'STOCK_DATABASE_DAMAGED' }],
  });
  await till.end();
  await process.end('SIGTERM');
  t.equal(process.exitCode, 0);
});
