/**
 * The tills of a benchmark: raw sockets in a process of their own, packets encoded before the clock
 * starts, so that the broker is measured and not an MQTT library. A sale is complete when its PUBACK
 * and, where one is expected, its result are here; results are acknowledged as a till would.
 */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';

export interface LoadOrder {
  host: string;
  port: number;
  tills: { deviceId: string; username?: string; password?: string }[];
  salesPerTill: number;
  /** Complete sales are replaced at once up to this many; with `everyMs` only the clock decides. */
  inFlight: number;
  everyMs?: number;
  expectResults: boolean;
}

export interface LoadReport {
  seconds: number;
  completed: number;
  accepted: number;
  /** Publish to result (or PUBACK where none is expected), of each sale, milliseconds. */
  latenciesMs: number[];
  cpuSeconds: number;
}

const PAYLOAD_BYTES = 1_024;
const PACKET_IDS = 65_535;

/** A valid sale of 1 KiB whose id is filled in later. */
function saleText(transactionId: string, sequenceNumber: number): string {
  const line = (lineNumber: number): object => ({
    lineNumber,
    itemId: `85123${lineNumber}`,
    description: 'WHITE HANGING HEART T-LIGHT HOLDER',
    quantity: { value: 6, scale: 0, unit: 'EA' },
    unitPrice: { value: 255, scale: 2 },
    extendedAmount: 1530,
  });
  const sale = {
    transactionId,
    type: 'sale',
    sequenceNumber,
    businessDate: '2010-12-01',
    occurredAt: '2010-12-01T08:26:00Z',
    operatorId: 'op-7',
    currency: 'GBP',
    lines: [1, 2, 3, 4].map(line),
    tenders: [{ type: 'cash', amount: 6120 }],
    total: 6120,
  };
  const text = JSON.stringify(sale);
  return text.padEnd(PAYLOAD_BYTES, ' ');
}

class Till {
  readonly #order: LoadOrder;
  readonly #deviceId: string;
  readonly #packets: Buffer;
  readonly #packetBytes: number;
  readonly #sentAtMs: number[] = [];
  readonly latenciesMs: number[] = [];
  #socket: Socket | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #sent = 0;
  #acks = 0;
  #results = 0;
  accepted = 0;
  #onDone: () => void = () => undefined;
  #onReady: () => void = () => undefined;

  constructor(order: LoadOrder, deviceId: string) {
    this.#order = order;
    this.#deviceId = deviceId;
    const packets = Array.from({ length: order.salesPerTill }, (_, at) =>
      mqttPacket.generate({
        cmd: 'publish',
        topic: `transactions/${deviceId}/submit`,
        payload: saleText(randomUUID(), at),
        qos: 1,
        messageId: (at % PACKET_IDS) + 1,
        dup: false,
        retain: false,
      }),
    );
    this.#packetBytes = packets[0]?.length ?? 0;
    this.#packets = Buffer.concat(packets);
  }

  connect(credential: { username?: string; password?: string }): Promise<void> {
    const { host, port, expectResults } = this.#order;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    const { username, password } = credential;
    socket.write(
      mqttPacket.generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: `load-${this.#deviceId}`,
        keepalive: 0,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password: Buffer.from(password) }),
      }),
    );
    if (expectResults) {
      const topic = `transactions/${this.#deviceId}/result`;
      socket.write(
        mqttPacket.generate({
          cmd: 'subscribe',
          messageId: 1,
          subscriptions: [{ topic, qos: 1 }],
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#onReady = resolve;
      socket.on('error', reject);
    });
  }

  run(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onDone = resolve;
      this.#socket?.on('close', () => reject(new Error(`${this.#deviceId}: connection closed`)));
      if (this.#order.everyMs === undefined) this.#fill();
      else setTimeout(() => this.#tick(), delayMs);
    });
  }

  end(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }

  #tick(): void {
    this.#send(1);
    if (this.#sent < this.#order.salesPerTill) {
      setTimeout(() => this.#tick(), this.#order.everyMs);
    }
  }

  get #completed(): number {
    return this.#order.expectResults ? Math.min(this.#acks, this.#results) : this.#acks;
  }

  #fill(): void {
    const room = this.#order.inFlight - (this.#sent - this.#completed);
    this.#send(Math.min(room, this.#order.salesPerTill - this.#sent));
  }

  #send(count: number): void {
    if (count <= 0) return;
    const from = this.#sent * this.#packetBytes;
    const now = performance.now();
    for (let at = 0; at < count; at += 1) this.#sentAtMs.push(now);
    this.#sent += count;
    this.#socket?.write(this.#packets.subarray(from, from + count * this.#packetBytes));
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const acks: number[] = [];
    let at = 0;
    for (;;) {
      const next = this.#packet(bytes, at, acks);
      if (next === undefined) break;
      at = next;
    }
    this.#rest = bytes.subarray(at);
    if (acks.length > 0) this.#socket?.write(Buffer.from(acks));
    if (this.#completed >= this.#order.salesPerTill) this.#onDone();
    else if (this.#order.everyMs === undefined && this.#sent > 0) this.#fill();
  }

  /** Where the packet at `at` ends; undefined while it is not whole. */
  #packet(bytes: Buffer, at: number, acks: number[]): number | undefined {
    let length = 0;
    let header = 1;
    for (let shift = 0; ; shift += 7, header += 1) {
      const byte = bytes[at + header];
      if (byte === undefined) return undefined;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const start = at + header + 1;
    const end = start + length;
    if (end > bytes.length) return undefined;
    const type = (bytes[at] ?? 0) >> 4;
    if (type === 4) this.#acked();
    else if (type === 3) this.#result(bytes.subarray(start, end), acks);
    else if (type === 9 || (type === 2 && !this.#order.expectResults)) this.#onReady();
    return end;
  }

  #acked(): void {
    this.#acks += 1;
    if (!this.#order.expectResults) this.#measured(this.#acks);
  }

  #result(publish: Buffer, acks: number[]): void {
    const topicBytes = publish.readUInt16BE(0);
    acks.push(0x40, 2, publish[2 + topicBytes] ?? 0, publish[3 + topicBytes] ?? 0);
    this.#results += 1;
    if (publish.includes('"outcome":"accepted"', 4 + topicBytes)) this.accepted += 1;
    this.#measured(this.#results);
  }

  #measured(count: number): void {
    // A till's answers come in the order of its sales.
    this.latenciesMs.push(performance.now() - (this.#sentAtMs[count - 1] ?? 0));
  }
}

async function run(order: LoadOrder): Promise<void> {
  const tills = order.tills.map(({ deviceId }) => new Till(order, deviceId));
  await Promise.all(tills.map((till, at) => till.connect(order.tills[at] ?? {})));
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  const cpu = process.cpuUsage();
  const started = performance.now();
  const step = (order.everyMs ?? 0) / tills.length;
  await Promise.all(tills.map((till, at) => till.run(at * step)));
  const used = process.cpuUsage(cpu);
  const report: LoadReport = {
    seconds: (performance.now() - started) / 1_000,
    completed: tills.length * order.salesPerTill,
    accepted: tills.reduce((sum, till) => sum + till.accepted, 0),
    latenciesMs: tills.flatMap((till) => till.latenciesMs),
    cpuSeconds: (used.user + used.system) / 1e6,
  };
  for (const till of tills) till.end();
  process.send?.(report, () => process.disconnect());
}

process.once('message', (order: LoadOrder) => void run(order));
