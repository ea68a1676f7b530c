/**
 * HQ's own connection to a broker: the embedded one in memory, or any MQTT 3.1.1 broker by URL. It
 * subscribes to everything that gateways send up and publishes heads. Nothing it loses matters: the
 * sources send again. mqtt.js re-opens it when it breaks.
 */
import mqtt from 'mqtt';
import type { IClientOptions, MqttClient } from 'mqtt';
import type { Duplex } from 'node:stream';
import { TillgateError } from '../../protocol/errors.ts';
import { hqUplinkFilter } from '../../protocol/replication/hq-topics.ts';
import { HQ_USERNAME } from '../broker/hq-broker.ts';

export type BrokerLinkOptions = {
  broker: { attach: () => Duplex; password: string } | { url: string };
  /** Makes the client id one's own. */
  clientSuffix: string;
  onMessage: (topic: string, payload: Uint8Array) => void;
  /** After each subscription that holds, the first included. */
  onOpen: () => void;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
};

/** Heads that wait for a broker which is away: the sources will ask again anyway. */
const RECONNECT_MS = 1_000;
const CONNECT_MS_MAX = 15_000;
const KEEPALIVE_SECONDS = 30;

export class BrokerLink {
  readonly #client: MqttClient;
  readonly #isEmbedded: boolean;
  #isOpen = false;

  constructor(options: BrokerLinkOptions) {
    const { broker, log } = options;
    this.#isEmbedded = 'attach' in broker;
    this.#client = openClient(options);
    this.#client.on('connect', () => {
      // In memory nothing is lost, so the cheaper quality of service does.
      const qos = this.#isEmbedded ? 0 : 1;
      this.#client.subscribe(hqUplinkFilter(), { qos }, (error) => {
        if (error !== null) {
          log.warn({ error: error.message }, 'the broker refused the subscription');
          return;
        }
        this.#isOpen = true;
        options.onOpen();
      });
    });
    this.#client.on('message', (topic, payload) => {
      options.onMessage(topic, payload);
    });
    this.#client.on('error', (error) => {
      log.warn({ error: error.message }, 'the connection to the broker failed');
    });
    this.#client.on('close', () => {
      if (this.#isOpen) log.info({}, 'the connection to the broker ended');
      this.#isOpen = false;
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(topic: string, payload: Uint8Array): void {
    if (!this.#isOpen) return;
    const { buffer, byteOffset, byteLength } = payload;
    const qos = this.#isEmbedded ? 0 : 1;
    this.#client.publish(topic, Buffer.from(buffer, byteOffset, byteLength), { qos });
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#client.endAsync(true);
  }
}

function openClient(options: BrokerLinkOptions): MqttClient {
  const common: IClientOptions = {
    protocolVersion: 4,
    clean: true,
    clientId: `tillgate-hq-${options.clientSuffix}`,
    connectTimeout: CONNECT_MS_MAX,
    keepalive: KEEPALIVE_SECONDS,
    reconnectPeriod: RECONNECT_MS,
    queueQoSZero: false,
    resubscribe: false,
  };
  const { broker } = options;
  if ('attach' in broker) {
    const { attach, password } = broker;
    const login = { ...common, username: HQ_USERNAME, password };
    const client = new mqtt.MqttClient(() => attach(), login);
    client.connect();
    return client;
  }
  if (URL.parse(broker.url) === null) {
    throw new TillgateError('HQ_BROKER_URL', `${broker.url} is not an address of a broker.`);
  }
  return mqtt.connect(broker.url, common);
}
