/**
 * What feeds cost a store: a new gateway takes a whole chain in while tills sell, then answers
 * questions, then hears of a price change.
 *
 *     node bench/feeds.ts [--items 100000] [--members 10000] [--seconds 10]
 *
 * Headquarters and gateway are processes of their own on this machine. Printed are the time from
 * joining headquarters until everything is in force, the sales' latency from publish to result in that
 * time beside the one of the same tills before it, the latency of price questions at 200 a second, and
 * the time from the publication of one price to the till's hearing of it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import { gatewayPaths } from '../config/paths.ts';
import { connectControl } from '../daemon/control/control-client.ts';
import { withHq } from '../hq/control/with-hq.ts';
import { systemClock } from '../platform/system-clock.ts';
import { HeadquartersUnderTest } from '../test/support/headquarters-process.ts';
import { runTillgate } from '../test/support/run-tillgate.ts';
import { GatewayUnderTest } from '../test/support/tillgate-process.ts';
import { cashSale } from '../test/support/till-under-test.ts';
import { numberOption, wantedAtMost } from './figures.ts';
import { percentile } from './run-load.ts';

const ITEMS = numberOption('items', 100_000);
const MEMBERS = numberOption('members', 10_000);
const SECONDS = numberOption('seconds', 10);
const SALES_PER_SECOND = 50;
const QUERIES_PER_SECOND = 200;
const BURST_MS = 100;
const LOAD_SECONDS_MAX = 180;
const ROUNDS = 5;

type Credential = { username: string; password: string };

function documents(): string {
  const lines: object[] = [];
  for (let at = 0; at < ITEMS; at++) {
    const itemId = `sku-${at}`;
    const names = { en: `Article number ${at} of the shop`, de: `Artikel Nummer ${at} des Ladens` };
    const codes = [`plu${at}`, `old${at * 7}`];
    const item = { itemId, names, codes, taxCode: at % 5 === 0 ? 'R' : 'V', unit: 'EA' };
    lines.push({ collection: 'item', document: item });
    const amount = { value: 99 + ((at * 7_919) % 20_000), scale: 2 };
    lines.push({ collection: 'price', document: { itemId, currency: 'EUR', amount } });
  }
  for (let at = 0; at < MEMBERS; at++) {
    const member = { memberId: `m${at}`, name: `Member ${at}`, cards: [`9${at}`], points: at };
    lines.push({ collection: 'member', document: member });
  }
  return lines.map((line) => JSON.stringify(line)).join('\n');
}

/** Sells steadily until it is told to stop; latencies from publish to result. */
class Seller {
  latenciesMs: number[] = [];
  readonly #sent = new Map<string, number>();
  #number = 1;
  #isStopped = false;
  readonly #client: MqttClient;
  readonly #deviceId: string;

  constructor(client: MqttClient, deviceId: string) {
    this.#client = client;
    this.#deviceId = deviceId;
    client.on('message', (topic, payload) => {
      if (!topic.endsWith('/result')) return;
      const { transactionId } = JSON.parse(payload.toString()) as { transactionId: string };
      const sentMs = this.#sent.get(transactionId);
      if (sentMs !== undefined) this.latenciesMs.push(performance.now() - sentMs);
      this.#sent.delete(transactionId);
    });
  }

  async sell(): Promise<void> {
    await this.#client.subscribeAsync(`transactions/${this.#deviceId}/result`, { qos: 1 });
    let dueMs = performance.now();
    while (!this.#isStopped) {
      const sale = cashSale(this.#number++, { totalMinor: 100 });
      const { transactionId } = JSON.parse(sale) as { transactionId: string };
      this.#sent.set(transactionId, performance.now());
      this.#client.publish(`transactions/${this.#deviceId}/submit`, sale, { qos: 1 });
      dueMs += 1_000 / SALES_PER_SECOND;
      await sleep(Math.max(0, dueMs - performance.now()));
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** The latencies since the last call. */
  take(): number[] {
    const taken = this.latenciesMs;
    this.latenciesMs = [];
    return taken;
  }
}

async function connect(port: number, who: Credential): Promise<MqttClient> {
  return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...who, protocolVersion: 4 });
}

/** Milliseconds from joining until all of it is in force. */
async function takeIn(gateway: GatewayUnderTest, enrolment: string): Promise<number> {
  const control = await connectControl(gatewayPaths(gateway.home).controlSocket);
  if (control === undefined) throw new Error('the gateway does not answer');
  const beganMs = performance.now();
  await control.call('enrolment.install', { text: readFileSync(enrolment, 'utf8') });
  const deadline = beganMs + LOAD_SECONDS_MAX * 1_000;
  while (performance.now() < deadline) {
    const { feeds } = await control.call('status', {});
    if (feeds.feeds[0]?.documents['item'] === ITEMS) {
      control.close();
      return performance.now() - beganMs;
    }
    await sleep(200);
  }
  throw new Error('the feed did not come in force');
}

async function askPrices(client: MqttClient, deviceId: string): Promise<number[]> {
  const sent = new Map<string, number>();
  const latenciesMs: number[] = [];
  const refused: string[] = [];
  client.on('message', (topic, payload) => {
    if (!topic.endsWith('/response')) return;
    const answer = JSON.parse(payload.toString()) as { queryId: string; state: string };
    if (answer.state !== 'found') refused.push(payload.toString());
    latenciesMs.push(performance.now() - (sent.get(answer.queryId) ?? 0));
  });
  await client.subscribeAsync(`queries/${deviceId}/response`, { qos: 1 });
  const count = QUERIES_PER_SECOND * SECONDS;
  let dueMs = performance.now();
  for (let at = 0; at < count; at++) {
    const queryId = `q${at}`;
    const code = `plu${(at * 7_919) % ITEMS}`;
    sent.set(queryId, performance.now());
    client.publish(
      `queries/${deviceId}/request`,
      JSON.stringify({ queryId, query: 'price', code }),
    );
    // A machine that stalls is no reason to ask in bursts.
    dueMs = Math.max(dueMs + 1_000 / QUERIES_PER_SECOND, performance.now() - BURST_MS);
    await sleep(Math.max(0, dueMs - performance.now()));
  }
  await sleep(500);
  if (refused[0] !== undefined) throw new Error(refused[0]);
  if (latenciesMs.length !== count) throw new Error(`${latenciesMs.length} answers of ${count}`);
  // The first one starts the thread that answers.
  return latenciesMs.slice(QUERIES_PER_SECOND);
}

/** Milliseconds from headquarters' being told to publish until the till hears of it. */
async function changeOne(hqHome: string, client: MqttClient): Promise<number[]> {
  await client.subscribeAsync('feeds/price', { qos: 1 });
  const times: number[] = [];
  await withHq({ home: hqHome, clock: systemClock }, async (call) => {
    for (let round = 1; round <= ROUNDS; round++) {
      const amount = { value: 1_000_000 + round, scale: 2 };
      const document = { itemId: 'sku-1', currency: 'EUR', amount };
      const { id } = await call('feed.begin', { isDryRun: false });
      const changes = [{ op: 'put', collection: 'price', document }];
      await call('feed.add', { id, changes });
      const heard = new Promise<number>((resolve) => {
        client.once('message', () => resolve(performance.now()));
      });
      const beganMs = performance.now();
      await call('feed.commit', { id });
      times.push((await heard) - beganMs);
      await sleep(300);
    }
  });
  return times;
}

const folder = mkdtempSync(join(tmpdir(), 'tillgate-feeds-'));
const hq = new HeadquartersUnderTest(folder);
const gateway = new GatewayUnderTest(folder);
try {
  const file = join(folder, 'documents.ndjson');
  writeFileSync(file, documents());
  await hq.ok('init');
  const publishedMs = performance.now();
  const published = runTillgate([
    'hq',
    'feed',
    'publish',
    file,
    '--chain',
    'acme',
    '--home',
    hq.home,
  ]);
  if (published.status !== 0) throw new Error(published.stdout);
  const publishSeconds = (performance.now() - publishedMs) / 1_000;
  await gateway.init();
  const credentials = [await gateway.addDevice('till-1'), await gateway.addDevice('till-2')];
  await hq.start();
  const { mqtt: at } = await gateway.start();
  const enrolment = join(folder, 'enrolment.json');
  const key = (await gateway.ok('log', 'key')).trim();
  writeFileSync(enrolment, await hq.ok('store', 'add', '--verifier-key', key));

  const [first, second] = await Promise.all(credentials.map((who) => connect(at.port, who)));
  if (first === undefined || second === undefined) throw new Error('no till connected');
  const seller = new Seller(first, 'till-1');
  const selling = seller.sell();
  await sleep(2_000);
  seller.take();
  await sleep(SECONDS * 1_000);
  const idle = seller.take();
  const loadSeconds = (await takeIn(gateway, enrolment)) / 1_000;
  const loaded = seller.take();
  seller.stop();
  await selling;
  const queries = await askPrices(second, 'till-2');
  const changes = await changeOne(hq.home, second);
  await Promise.all([first.endAsync(true), second.endAsync(true)]);

  const of = (values: number[], share: number): string => percentile(values, share).toFixed(1);
  const ratio = percentile(loaded, 0.99) / percentile(idle, 0.99);
  console.log(`${ITEMS} items with a price each, ${MEMBERS} members`);
  console.log(`published in     ${publishSeconds.toFixed(1)} s`);
  console.log(`in force after   ${loadSeconds.toFixed(1)} s ${wantedAtMost(loadSeconds, 30, 's')}`);
  console.log(`sales idle       p50 ${of(idle, 0.5)} ms, p99 ${of(idle, 0.99)} ms`);
  console.log(`sales meanwhile  p50 ${of(loaded, 0.5)} ms, p99 ${of(loaded, 0.99)} ms`);
  console.log(`ratio at p99     ${ratio.toFixed(2)} ${wantedAtMost(ratio, 2, 'times')}`);
  const p99 = percentile(queries, 0.99);
  console.log(
    `price questions  p50 ${of(queries, 0.5)} ms, p99 ${of(queries, 0.99)} ms ${wantedAtMost(p99, 5, 'ms')}`,
  );
  const worst = Math.max(...changes);
  console.log(
    `price change     at most ${worst.toFixed(0)} ms of ${ROUNDS} ${wantedAtMost(worst, 1_000, 'ms')}`,
  );
} finally {
  await gateway.stop('SIGKILL');
  await hq.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
