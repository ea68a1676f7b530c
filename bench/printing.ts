/**
 * What printing costs the sales: 20 tills with 5 sales a second each, idle and while each of them prints
 * on one of 4 printers as fast as answers come. The printers are fakes on TCP in this process.
 *
 *   node bench/printing.ts [--tills 20] [--seconds 10] [--json]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { gatewayPaths } from '../config/paths.ts';
import { openOfflineGateway } from '../daemon/control/offline-gateway.ts';
import { systemClock } from '../platform/system-clock.ts';
import { requestTopic, responseTopic } from '../protocol/topics.ts';
import { FakePrinterDevice } from '../test/support/fake-printer.ts';
import { GatewayUnderTest } from '../test/support/tillgate-process.ts';
import { numberOption } from './figures.ts';
import type { LoadOrder } from './load-generator.ts';
import { percentile, runLoad } from './run-load.ts';

const WANTED_RATIO = 2;
const SALES_PER_SECOND = 5;
const PRINTERS = 4;
/** A fast printer needs longer for a receipt. */
const PRINT_MS = 100;

const tillCount = numberOption('tills', 20);
const seconds = numberOption('seconds', 10);

const folder = mkdtempSync(join(tmpdir(), 'tillgate-printing-'));
const program = fileURLToPath(new URL('../test/support/gateway-with-fakes.ts', import.meta.url));
const gateway = new GatewayUnderTest(folder, program);
await gateway.init();
const offline = await openOfflineGateway(gatewayPaths(gateway.home), systemClock);
const tills: (LoadOrder['tills'][number] & { password: string })[] = [];
for (let at = 0; at < tillCount; at += 1) {
  tills.push(await offline.call('device.add', { deviceId: `till-${at}`, role: 'till' }));
}
await offline.close();
const peripherals: Record<string, object> = {};
const devices = Array.from({ length: PRINTERS }, () => new FakePrinterDevice());
for (const [at, device] of devices.entries()) {
  device.serialNumber = `S${at}`;
  device.printMs = PRINT_MS;
  await device.plug();
  const peripheralId = `p${at}`;
  const { address } = device;
  const addedAt = '2010-12-01T08:26:00.000Z';
  peripherals[peripheralId] = {
    peripheralId,
    driver: 'fake/printer',
    address,
    options: {},
    addedAt,
  };
}
writeFileSync(
  join(gateway.home, 'data', 'peripherals.json'),
  JSON.stringify({ version: 1, peripherals }),
);
const { mqtt: at } = await gateway.start();
const order = {
  ...{ host: at.host, port: at.port, tills, inFlight: 1, everyMs: 1_000 / SALES_PER_SECOND },
  ...{ expectResults: true, salesPerTill: SALES_PER_SECOND * seconds },
};
await runLoad({ ...order, salesPerTill: 10 });
const before = await runLoad(order);
let isOver = false;
let printed = 0;
const clients = await Promise.all(tills.map(printsOn));
const during = await runLoad(order);
isOver = true;
for (const client of clients) client.end(true);
const after = await runLoad(order);
await gateway.stop();
for (const device of devices) await device.unplug();
rmSync(folder, { recursive: true, force: true });

/** One job after the other, each with a receipt's worth of text. */
async function printsOn(
  { deviceId, password }: { deviceId: string; password: string },
  number: number,
): Promise<mqtt.MqttClient> {
  const url = `mqtt://${at.host}:${at.port}`;
  const client = await mqtt.connectAsync(url, { username: deviceId, password, clientId: `print` });
  let count = 0;
  const text = 'a line of a receipt\n'.repeat(100);
  const ask = (): void => {
    count += 1;
    const document = { blocks: [{ type: 'text', text }] };
    const request = { jobId: `j${count}`, operation: 'print', document };
    const topic = requestTopic(`p${number % PRINTERS}`, deviceId);
    client.publish(topic, JSON.stringify(request), { qos: 1 });
  };
  client.on('message', () => {
    printed += 1;
    if (!isOver) ask();
  });
  await client.subscribeAsync(responseTopic('+', deviceId), { qos: 1 });
  ask();
  return client;
}

const idleMs = percentile([...before.latenciesMs, ...after.latenciesMs], 0.99);
const printingMs = percentile(during.latenciesMs, 0.99);
const figures = {
  sales: during.completed,
  printed,
  idleP99Ms: Number(idleMs.toFixed(2)),
  printingP99Ms: Number(printingMs.toFixed(2)),
  ratio: Number((printingMs / idleMs).toFixed(2)),
};
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(figures));
} else {
  const verdict = figures.ratio <= WANTED_RATIO ? 'reached' : 'MISSED';
  console.log(`${tillCount} tills sell and print on ${PRINTERS} printers, ${printed} receipts`);
  console.log(`idle       p99 ${figures.idleP99Ms} ms (before and after)`);
  console.log(`printing   p99 ${figures.printingP99Ms} ms`);
  console.log(`ratio      ${figures.ratio} (wanted: at most ${WANTED_RATIO}: ${verdict})`);
}
