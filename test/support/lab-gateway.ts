/**
 * A gateway as a process, with devices that may say and hear everything below `lab/`: no role of a
 * store both publishes and subscribes the same topics. For suites about what the broker keeps.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { IPublishPacket } from 'mqtt-packet';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import { RawClient } from './store-lab.ts';
import type { ConnectOptions } from './store-lab.ts';
import { GatewayUnderTest } from './tillgate-process.ts';

const ROLE = `roles:
  lab:
    publish: ['lab/#']
    subscribe: ['lab/#']
`;

/** Before any device of the role is enrolled. */
export function addLabRole(configFile: string): void {
  const config = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, config.replace(/^roles:\n/m, ROLE));
}

export class LabGateway extends GatewayUnderTest {
  readonly #t: Pick<Test, 'teardown'>;
  readonly #passwords = new Map<string, string>();
  port = 0;

  /** Killed with the test. */
  constructor(t: Pick<Test, 'teardown'>, folder: string) {
    super(folder);
    this.#t = t;
    t.teardown(() => this.stop('SIGKILL'));
  }

  override async init(): Promise<void> {
    await super.init();
    addLabRole(this.configFile);
  }

  async enrol(deviceId: string, role = 'lab'): Promise<void> {
    const words = ['device', 'add', deviceId, '--role', role];
    const { password } = await this.json<{ password: string }>(...words);
    this.#passwords.set(deviceId, password);
  }

  async open(): Promise<void> {
    const { mqtt } = await this.start();
    this.port = must(mqtt, 'it listens').port;
  }

  /** Killed at this very moment, and started again. */
  async killAndOpen(): Promise<void> {
    await this.stop('SIGKILL');
    await this.open();
  }

  /** Connected, in a session that is kept where it has a name. */
  async client(deviceId: string, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    this.#t.teardown(() => client.socket.destroy());
    const password = must(this.#passwords.get(deviceId), `${deviceId} is enrolled`);
    const isKept = options.clientId !== undefined;
    const code = await client.connect(deviceId, { clean: !isKept, password, ...options });
    if (code !== 0) throw new Error(`CONNACK ${code} for ${deviceId}`);
    return client;
  }
}

/** Publishes all at once at QoS 1; resolves when every one is acknowledged. */
export async function publishAll(
  sender: RawClient,
  topic: string,
  texts: readonly string[],
): Promise<void> {
  for (const [at, text] of texts.entries()) sender.publish(topic, text, { messageId: at + 1 });
  for (const at of texts.keys()) {
    const packet = await sender.next(({ cmd }) => cmd === 'puback');
    if (packet?.messageId !== at + 1) throw new Error(`PUBACK ${String(packet?.messageId)}`);
  }
}

/** The next messages, acknowledged at QoS 1; fewer where the connection ended. */
export async function heard(client: RawClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const packet = (await client.next(({ cmd }) => cmd === 'publish')) as
      IPublishPacket | undefined;
    if (packet === undefined) break;
    texts.push(packet.payload.toString());
    if (packet.qos === 1) client.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
  }
  return texts;
}

/** Nothing more comes before the answer to a ping. */
export async function isSilent(client: RawClient): Promise<boolean> {
  client.send({ cmd: 'pingreq' });
  await client.next(({ cmd }) => cmd === 'pingresp');
  return !client.packets.some(({ cmd }) => cmd === 'publish');
}
