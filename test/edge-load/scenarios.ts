/** What a store's edge has to bear, one scenario each; a report of figures, or an error. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EdgeClient } from './edge-client.ts';
import type { Login } from './edge-client.ts';
import type { Flood } from './flood-kinds.ts';
import { salePacket } from './sales.ts';
import type { Latencies, StoreUnderLoad } from './store-under-load.ts';

const FLOOD_PROGRAM = fileURLToPath(new URL('./flood.ts', import.meta.url));
/** Sockets that one loop opens at a time, so that the kernel's accept queue holds them. */
const OPENING_AT_ONCE = 200;
/** Long enough to see what a sale takes when nothing is wrong. */
const CALM_MS = 500;
/** A stalled client has 10 s; what the kernel holds for it comes first. */
const CUT_OFF_MS_MAX = 60_000;

/** `count` sales on one connection without waiting: every PUBACK comes, in the order of the sales. */
export async function pipeline(store: StoreUnderLoad, count: number): Promise<{ seconds: number }> {
  const [client, code] = await EdgeClient.open(store.address, store.culprit);
  assert.equal(code, 0);
  const acknowledged: number[] = [];
  const done = new Promise<void>((resolve) => {
    client.onPacket = (packet) => {
      if (packet.cmd !== 'puback') return;
      acknowledged.push(packet.messageId ?? 0);
      if (acknowledged.length === count) resolve();
    };
  });
  const startMs = performance.now();
  const sales = Array.from({ length: count }, (_, at) =>
    salePacket('culprit', PIPELINE_SERIES, at),
  );
  client.write(Buffer.concat(sales));
  await Promise.race([done, client.closed]);
  const seconds = Math.round(performance.now() - startMs) / 1000;
  client.socket.destroy();
  assert.deepEqual(
    acknowledged,
    Array.from({ length: count }, (_, at) => at + 1),
  );
  return { seconds };
}

/** Sales of the pipeline; floods have series below. */
const PIPELINE_SERIES = 201;

export interface FrozenReport {
  before: Latencies;
  during: Latencies;
  residentMib: { before: number; most: number };
  /** Subscribers that the gateway had put out at the end. */
  cutOff: number;
}

/** `count` subscribers that hear every result and read nothing, while a till sells. */
export async function frozen(
  store: StoreUnderLoad,
  { count, untilCutOff }: { count: number; untilCutOff: boolean },
): Promise<FrozenReport> {
  const before = await store.sellUntil(sleep(CALM_MS));
  // The till that is measured, and the one that sells in bulk.
  const own = (await store.connections()) + (untilCutOff ? 1 : 0);
  const logins = await store.watchers(count);
  const clients = await openAll(store, logins);
  await Promise.all(clients.map((client) => client.subscribe('transactions/+/result')));
  for (const client of clients) client.freeze();
  const residentBefore = store.residentMib();
  let most = residentBefore;
  let cutOff = 0;
  const deadlineMs = performance.now() + (untilCutOff ? CUT_OFF_MS_MAX : 1_500);
  const watched = (async () => {
    while (performance.now() < deadlineMs && cutOff < count) {
      await sleep(200);
      most = Math.max(most, store.residentMib());
      cutOff = count + own - (await store.connections());
    }
  })();
  // The measured till alone would take minutes to fill what the kernel holds for a client.
  const busy = untilCutOff ? sellInBulk(store, watched) : watched;
  const during = await store.sellUntil(busy);
  for (const client of clients) client.socket.destroy();
  return { before, during, residentMib: { before: residentBefore, most }, cutOff };
}

/** Another till sells as much as its window takes, until `until` resolves. */
async function sellInBulk(store: StoreUnderLoad, until: Promise<unknown>): Promise<void> {
  const [client] = await EdgeClient.open(store.address, store.culprit);
  const end = { isReached: false };
  const over = until.finally(() => void (end.isReached = true));
  for (let at = 0; !end.isReached; at += BULK) {
    const sales = Array.from({ length: BULK }, (_, place) => salePacket('culprit', 1, at + place));
    let answers = 0;
    const answered = new Promise<void>((resolve) => {
      client.onPacket = () => {
        answers += 1;
        if (answers === BULK) resolve();
      };
    });
    client.write(Buffer.concat(sales));
    await Promise.race([answered, over, client.closed]);
  }
  client.socket.destroy();
  await over;
}

const BULK = 64;

export interface CrowdReport {
  seconds: number;
  residentMib: { before: number; after: number };
  kibPerClient: number;
  during: Latencies;
}

/** `count` clients connect at once, stay, and hear results, while a till sells. */
export async function crowd(store: StoreUnderLoad, count: number): Promise<CrowdReport> {
  const logins = await store.watchers(count);
  const before = store.residentMib();
  const startMs = performance.now();
  const clients = await openAll(store, logins);
  const seconds = Math.round(performance.now() - startMs) / 1000;
  await Promise.all(clients.map((client) => client.subscribe('gateway/status')));
  const during = await store.sellUntil(sleep(2_000));
  const after = store.residentMib();
  assert.deepEqual(clients.filter(({ isClosed }) => isClosed).length, 0, 'all are still in');
  for (const client of clients) client.socket.destroy();
  await Promise.all(clients.map(({ closed }) => closed));
  const kibPerClient = Math.round(((after - before) * 1024) / count);
  return { seconds, residentMib: { before, after }, kibPerClient, during };
}

export interface FloodReport {
  before: Latencies;
  during: Latencies;
  residentMib: { before: number; most: number };
}

/** One client floods while another sells. */
export async function flood(
  store: StoreUnderLoad,
  { kind, floodMs }: { kind: Flood; floodMs: number },
): Promise<FloodReport> {
  const before = await store.sellUntil(sleep(CALM_MS));
  const residentBefore = store.residentMib();
  let most = residentBefore;
  const { host, port } = store.address;
  const { username, password } = store.culprit;
  const words = [FLOOD_PROGRAM, kind, host, `${port}`, username, password];
  const culprit = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => culprit.on('exit', resolve));
  const watched = (async () => {
    const deadlineMs = performance.now() + floodMs;
    while (performance.now() < deadlineMs) {
      await sleep(100);
      most = Math.max(most, store.residentMib());
    }
  })();
  const during = await store.sellUntil(watched);
  assert.equal(culprit.exitCode, null, 'the flood went on to the end');
  culprit.kill('SIGKILL');
  await ended;
  return { before, during, residentMib: { before: residentBefore, most } };
}

async function openAll(store: StoreUnderLoad, logins: readonly Login[]): Promise<EdgeClient[]> {
  const clients: EdgeClient[] = [];
  const waiting = [...logins];
  const openers = Array.from({ length: OPENING_AT_ONCE }, async () => {
    for (let login = waiting.pop(); login !== undefined; login = waiting.pop()) {
      clients.push(await openOne(store, login));
    }
  });
  await Promise.all(openers);
  return clients;
}

/** As a device does: when the gateway is busy it tries again a little later. */
async function openOne(store: StoreUnderLoad, login: Login): Promise<EdgeClient> {
  for (;;) {
    const [client, code] = await EdgeClient.open(store.address, login);
    if (code === 0) return client;
    assert.ok(code === undefined || code === SERVER_UNAVAILABLE, `CONNACK ${code}`);
    client.socket.destroy();
    await sleep(100);
  }
}

const SERVER_UNAVAILABLE = 3;
