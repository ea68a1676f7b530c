/**
 * How fast a backlog reaches headquarters' custody, and what a till feels of it.
 *
 *     node bench/drain.ts [--entries 100000] [--seconds 15]
 *
 * A gateway with a log of sales of 1 KiB that nobody has yet is started beside an embedded
 * headquarters, both as processes of their own. One till sells at a steady pace: first while the
 * uplink is off, then while the backlog drains. Printed are the pace of the drain, the raw pace of
 * writing and syncing the same leaves in portions of the same size, and the till's latencies from
 * publish to result in both phases.
 */
import { hash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { gatewayPaths } from '../config/paths.ts';
import { connectControl } from '../daemon/control/control-client.ts';
import { Headquarters } from '../demo/headquarters.ts';
import { openLedgerReader } from '../daemon/ledger/reader.ts';
import { BATCH_ENTRIES_MAX } from '../protocol/replication/limits.ts';
import { buildLedger, type PlannedEntry } from '../test/support/built-ledger.ts';
import { GatewayUnderTest } from '../test/support/tillgate-process.ts';
import { numberOption, wantedRate } from './figures.ts';

const ENTRIES = numberOption('entries', 100_000);
const IDLE_SECONDS = numberOption('seconds', 15);
const WANTED_ENTRIES_PER_SECOND = 5_000;
/** Sales a second of the one till: enough samples for a 99th percentile in one phase. */
const SALES_PER_SECOND = 25;
const DRAIN_SECONDS_MAX = 300;
const SALE_BYTES = 1_024;

/** A sale of 1 KiB with items and amounts of its own, so that it shrinks like real ones do. */
function sale(number: number): { transactionId: string; text: string } {
  const hex = (number >>> 0).toString(16).padStart(12, '0');
  const transactionId = `01936a4e-2a1c-7c3e-9d63-${hex}`;
  let state = number + 1;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % limit;
  };
  const lines = [1, 2, 3, 4].map((lineNumber) => {
    const value = next(5_000) + 1;
    return {
      ...{ lineNumber, itemId: String(20_000 + next(70_000)) },
      ...{ quantity: { value: 1, scale: 0, unit: 'EA' }, unitPrice: { value, scale: 2 } },
      extendedAmount: value,
    };
  });
  const total = lines.reduce((sum, line) => sum + line.extendedAmount, 0);
  const document = {
    ...{ transactionId, type: 'sale', sequenceNumber: number, businessDate: '2010-12-01' },
    ...{ occurredAt: '2010-12-01T08:26:00Z', currency: 'EUR', lines, total },
    ...{ tenders: [{ type: 'cash', amount: total }], customerId: String(next(99_999)) },
    extensions: { 'com.example.note': '' },
  };
  const missing = Math.max(0, SALE_BYTES - JSON.stringify(document).length);
  let note = '';
  while (note.length < missing) note += next(0x7fffffff).toString(36);
  document.extensions['com.example.note'] = note.slice(0, missing);
  return { transactionId, text: JSON.stringify(document) };
}

function planned(index: number): PlannedEntry {
  const { transactionId, text } = sale(index);
  const body = Buffer.from(text);
  const contentHash = hash('sha256', body, 'base64');
  const mediaType = 'application/json';
  const members = { deviceId: 'till-9', transactionId, mediaType, contentHash };
  return { kind: 'transaction', members, body };
}

type Phase = { latenciesMs: number[] };

/** One till that sells at a steady pace for as long as it is let. */
class Till {
  phase: Phase = { latenciesMs: [] };
  #sent = new Map<string, number>();
  #number = 0x4000_0000;
  #stopped = false;
  readonly #client: mqtt.MqttClient;

  constructor(port: number, credential: { username: string; password: string }) {
    this.#client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...credential, protocolVersion: 4 });
    this.#client.on('message', (_topic, payload) => {
      const { transactionId, outcome } = JSON.parse(payload.toString()) as Record<string, string>;
      if (outcome !== 'accepted') throw new Error(`a sale was not accepted: ${payload.toString()}`);
      const sentMs = this.#sent.get(transactionId ?? '');
      if (sentMs !== undefined) this.phase.latenciesMs.push(performance.now() - sentMs);
    });
  }

  async sell(): Promise<void> {
    await this.#client.subscribeAsync('transactions/till-1/result', { qos: 1 });
    let dueMs = performance.now();
    while (!this.#stopped) {
      const { transactionId, text } = sale(this.#number++);
      this.#sent.set(transactionId, performance.now());
      this.#client.publish('transactions/till-1/submit', text, { qos: 1 });
      dueMs += 1_000 / SALES_PER_SECOND;
      await sleep(Math.max(0, dueMs - performance.now()));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#client.endAsync();
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Writes the leaves one portion after the other, each synced: what a disk alone allows. */
function rawEntriesPerSecond(dataDir: string, file: string): number {
  const reader = openLedgerReader(dataDir);
  const size = reader.size();
  const descriptor = openSync(file, 'w');
  let spentMs = 0;
  for (let start = 0; start < size; start += BATCH_ENTRIES_MAX) {
    const leaves = [...reader.entries(start, start + BATCH_ENTRIES_MAX)].map(({ leaf }) => leaf);
    const bytes = Buffer.concat(leaves);
    const beganMs = performance.now();
    writeSync(descriptor, bytes);
    fdatasyncSync(descriptor);
    spentMs += performance.now() - beganMs;
  }
  closeSync(descriptor);
  reader.close();
  return (size * 1_000) / spentMs;
}

async function drain(parts: {
  gateway: GatewayUnderTest;
  hqPort: number;
  hq: Headquarters;
  folder: string;
}) {
  const { gateway, hqPort, hq, folder } = parts;
  const [verifierKey = ''] = (await gateway.ok('log', 'key')).split('\n');
  const file = join(folder, 'enrolment.json');
  writeFileSync(file, await hq.enrolment(verifierKey, `mqtt://127.0.0.1:${hqPort}`));
  // Starting a command takes as long as draining some thousand entries, so the socket is asked.
  const control = await connectControl(gatewayPaths(gateway.home).controlSocket);
  if (control === undefined) throw new Error('the gateway does not answer');
  await control.call('enrolment.install', { text: readFileSync(file, 'utf8') });
  const beganMs = performance.now();
  try {
    for (;;) {
      const { uplink, entriesOnlyHere } = await control.call('status', {});
      const seconds = (performance.now() - beganMs) / 1_000;
      // The till goes on selling, so the last few are always on their way.
      if ((uplink.head?.size ?? 0) >= ENTRIES) return seconds;
      if (seconds > DRAIN_SECONDS_MAX) throw new Error(`${entriesOnlyHere} entries did not drain`);
      await sleep(50);
    }
  } finally {
    control.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tillgate-drain-'));
const hq = new Headquarters(folder);
const gateway = new GatewayUnderTest(folder);
let till: Till | undefined;
try {
  await gateway.init();
  const dataDir = join(gateway.home, 'data');
  rmSync(dataDir, { recursive: true, force: true });
  console.error(`building a log of ${ENTRIES} entries`);
  buildLedger({ dataDir, entries: ENTRIES, plan: planned });
  const raw = rawEntriesPerSecond(dataDir, join(folder, 'raw'));
  const credential = await gateway.addDevice('till-1');
  await hq.prepare();
  const { port } = await hq.start(new AbortController().signal);
  const { mqtt: store } = await gateway.start();
  till = new Till(store.port, credential);
  void till.sell();
  await sleep(2_000);
  const idle: Phase = { latenciesMs: [] };
  till.phase = idle;
  await sleep(IDLE_SECONDS * 1_000);
  const draining: Phase = { latenciesMs: [] };
  till.phase = draining;
  const seconds = await drain({ gateway, hqPort: port, hq, folder });
  till.phase = { latenciesMs: [] };
  const pace = Math.round(ENTRIES / seconds);
  const [idleP50, idleP99] = [0.5, 0.99].map((share) => percentile(idle.latenciesMs, share));
  const [drainP50, drainP99] = [0.5, 0.99].map((share) => percentile(draining.latenciesMs, share));
  const ratio = (drainP99 ?? Number.NaN) / (idleP99 ?? Number.NaN);
  console.log(`drain            ${pace} entries/s ${wantedRate(pace, WANTED_ENTRIES_PER_SECOND)}`);
  console.log(`raw write+sync   ${Math.round(raw)} entries/s, ratio ${(pace / raw).toFixed(3)}`);
  console.log(`till idle        p50 ${idleP50?.toFixed(1)} ms, p99 ${idleP99?.toFixed(1)} ms`);
  console.log(`till draining    p50 ${drainP50?.toFixed(1)} ms, p99 ${drainP99?.toFixed(1)} ms`);
  console.log(
    `p99 ratio        ${ratio.toFixed(2)} (wanted: at most 2: ${ratio <= 2 ? 'reached' : 'MISSED'})`,
  );
} finally {
  await till?.stop();
  await gateway.stop();
  await hq.stop();
  rmSync(folder, { recursive: true, force: true });
}
