/**
 * A store's broker with real sockets and a ledger that is only a stand-in, for suites about the
 * edge: what the ledger is asked, in which order, and when it answers is in the test's hands.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import mqttPacket from 'mqtt-packet';
import type { IConnectPacket, Packet } from 'mqtt-packet';
import type { Test } from 'tap';
import { DEFAULT_ROLES } from '../../config/default-roles.ts';
import { hashPassword } from '../../daemon/broker/credential.ts';
import type { JobDoor } from '../../daemon/broker/job-door.ts';
import type { RoleRules } from '../../daemon/broker/permissions.ts';
import type { KeptStateLimits } from '../../daemon/broker/state/kept-state.ts';
import { startStoreBroker } from '../../daemon/broker/store-broker.ts';
import type { StoreBroker } from '../../daemon/broker/store-broker.ts';
import { Intake } from '../../daemon/intake/intake.ts';
import type { IntakeLimits, LedgerRoute } from '../../daemon/intake/intake.ts';
import type { SubmissionItem } from '../../daemon/intake/submission-item.ts';
import type { Answer } from '../../daemon/ledger/commands.ts';
import type { ConnectionLimits } from '../../platform/mqtt/connection-pool.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';

export const PASSWORD = 'a password for all';

/** Answers at once, or when the test says so. */
export class StandInLedger implements LedgerRoute {
  readonly payloads: string[] = [];
  readonly deviceIds: string[] = [];
  readonly waiting: { resolve: (payload?: string) => void; reject: (error: unknown) => void }[] =
    [];
  answersAtOnce = true;
  resultPayload: (item: SubmissionItem) => string = (item) =>
    JSON.stringify({ outcome: 'accepted', of: item.payload.toString('utf8') });

  handOver(items: readonly SubmissionItem[]): Promise<Answer>[] {
    return items.map((item) => {
      this.payloads.push(item.payload.toString('utf8'));
      this.deviceIds.push(item.source.deviceId);
      const payload = this.resultPayload(item);
      if (this.answersAtOnce) return Promise.resolve(answerWith(payload));
      return new Promise((resolve, reject) => {
        this.waiting.push({ resolve: (other) => resolve(answerWith(other ?? payload)), reject });
      });
    });
  }
}

function answerWith(payload: string): Answer {
  return {
    outcome: 'accepted',
    origin: 'tillgate.invalid/a/b/c/e1',
    index: 1,
    payload: Buffer.from(payload),
    duplicate: false,
  };
}

export interface StoreLab {
  ledger: StandInLedger;
  intake: Intake;
  broker: StoreBroker;
  port: number;
  /** Lines that were logged as warnings. */
  warnings: { who?: string; reason?: string }[];
  /** What was said about state files that could not be read. */
  asides: string[];
  /** An orderly stop. */
  close(): Promise<void>;
  revoke(deviceId: string): void;
  mqtt(deviceId: string, options?: mqtt.IClientOptions): Promise<mqtt.MqttClient>;
  raw(deviceId?: string, options?: ConnectOptions): Promise<RawClient>;
}

export interface LabOptions {
  /** Device ids and their roles; `till` where none is said. */
  devices: readonly (string | [id: string, role: string])[];
  roles?: Record<string, RoleRules>;
  limits?: Partial<ConnectionLimits>;
  intake?: Partial<IntakeLimits>;
  /** A file that outlives the lab; a new one otherwise. */
  stateFile?: string;
  stateLimits?: Partial<KeptStateLimits>;
  /** Takes what is asked of peripherals. */
  jobDoor?: JobDoor;
}

export async function startStoreLab(
  t: Pick<Test, 'teardown'>,
  options: LabOptions,
): Promise<StoreLab> {
  const passwordHash = await hashPassword(PASSWORD);
  const roles = new Map(options.devices.map((d) => (typeof d === 'string' ? [d, 'till'] : d)));
  const warnings: StoreLab['warnings'] = [];
  const asides: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'store-lab-'));
  const ledger = new StandInLedger();
  const intake = new Intake({ route: ledger, clock: systemClock, limits: options.intake ?? {} });
  const broker = await startStoreBroker({
    findDevice: (deviceId) => {
      const role = roles.get(deviceId);
      return role === undefined ? undefined : { deviceId, role, passwordHash };
    },
    roles: () => ({ ...DEFAULT_ROLES, ...options.roles }),
    intake,
    ...(options.jobDoor !== undefined && { jobDoor: options.jobDoor }),
    clock: systemClock,
    log: { info: () => undefined, warn: (details) => void warnings.push(details) },
    tcp: { host: '127.0.0.1', port: 0 },
    webSocket: { host: '127.0.0.1', port: 0 },
    limits: options.limits ?? {},
    stateFile: options.stateFile ?? join(folder, 'broker.db'),
    ...(options.stateLimits === undefined ? {} : { stateLimits: options.stateLimits }),
    onFatal: rethrow,
    onStateSetAside: (message) => void asides.push(message),
  });
  const clients: { end(): void }[] = [];
  const port = must(broker.addresses.tcp, 'TCP is open').port;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    for (const client of clients) client.end();
    closed ??= broker.close();
    return closed;
  };
  t.teardown(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });
  return {
    ledger,
    intake,
    broker,
    port,
    warnings,
    asides,
    close,
    revoke: (deviceId) => {
      roles.delete(deviceId);
      broker.disconnectDevice(deviceId);
    },
    mqtt: async (deviceId, more = {}) => {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
        username: deviceId,
        password: PASSWORD,
        reconnectPeriod: 0,
        ...more,
      });
      clients.push({ end: () => void client.end(true) });
      return client;
    },
    raw: async (deviceId, more = {}) => {
      const client = await RawClient.open(port);
      clients.push({ end: () => client.socket.destroy() });
      if (deviceId !== undefined) await client.connect(deviceId, more);
      return client;
    },
  };
}

function rethrow(error: unknown): never {
  throw error as Error;
}

export interface ConnectOptions extends Pick<IConnectPacket, 'will'> {
  clean?: boolean;
  clientId?: string;
  keepalive?: number;
  /** The one of all devices of the lab where none is said. */
  password?: string;
}

/** Bytes and packets without a client library's help. */
export class RawClient {
  readonly socket: Socket;
  readonly packets: Packet[] = [];
  /** What the CONNACK said. */
  sessionPresent = false;
  readonly closed: Promise<void>;
  isClosed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet) => {
      this.packets.push(packet);
      this.#wake();
    });
    socket.on('data', (chunk) => void parser.parse(chunk));
    // A reset is one of the ends that tests look for; 'close' follows.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  async connect(deviceId: string, options: ConnectOptions = {}): Promise<number> {
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: options.clientId ?? '',
      clean: options.clean ?? true,
      keepalive: options.keepalive ?? 0,
      username: deviceId,
      password: Buffer.from(options.password ?? PASSWORD),
      ...(options.will !== undefined && { will: options.will }),
    });
    const packet = await this.next((candidate) => candidate.cmd === 'connack');
    if (packet?.cmd !== 'connack') return -1;
    this.sessionPresent = packet.sessionPresent;
    return packet.returnCode ?? -1;
  }

  send(...packets: Packet[]): void {
    this.socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))));
  }

  publish(
    topic: string,
    payload: string,
    more: { qos?: 0 | 1 | 2; messageId?: number } = {},
  ): void {
    const qos = more.qos ?? 1;
    const base = { cmd: 'publish', topic, payload, qos, retain: false, dup: false } as const;
    this.send(qos === 0 ? base : { ...base, messageId: more.messageId ?? 1 });
  }

  async subscribe(topic: string, qos: 0 | 1 | 2 = 1): Promise<number> {
    this.send({ cmd: 'subscribe', messageId: 65_000, subscriptions: [{ topic, qos }] });
    const packet = await this.next((candidate) => candidate.cmd === 'suback');
    return packet?.cmd === 'suback' ? Number(packet.granted[0]) : -1;
  }

  /** Takes the first packet that fits out of the list; undefined when the connection closed. */
  async next(fits: (packet: Packet) => boolean): Promise<Packet | undefined> {
    for (;;) {
      const at = this.packets.findIndex(fits);
      if (at >= 0) return this.packets.splice(at, 1)[0];
      if (this.isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Waits until `condition` holds; the suite's own timeout ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
