/**
 * A till that uses what stands on the counter, over MQTT as any till would: asks peripherals for
 * jobs and waits for their answers, and hears what they tell by themselves.
 */
import { randomUUID } from 'node:crypto';
import mqtt from 'mqtt';
import { TillgateError } from '../protocol/errors.ts';
import type { GatewayLife, TillIdentity } from './till-messages.ts';

type Message = Record<string, unknown>;

/** Longer than a receipt takes on the slowest machine; a hand at the scale takes less. */
const ANSWER_LIMIT_MS = 60_000;

export class CounterTill {
  readonly #deviceId: string;
  readonly #client: mqtt.MqttClient;
  readonly #waiting = new Set<(topic: string, message: Message) => void>();
  /** Retained ones come with the subscription, before anybody waits for them. */
  readonly #states = new Map<string, unknown>();

  private constructor(deviceId: string, client: mqtt.MqttClient) {
    this.#deviceId = deviceId;
    this.#client = client;
    client.on('message', (topic, payload) => {
      const message = JSON.parse(payload.toString('utf8')) as Message;
      if (topic.endsWith('/state')) this.#states.set(topic, message['state']);
      for (const waiting of [...this.#waiting]) waiting(topic, message);
    });
  }

  static async connect(identity: TillIdentity, life: GatewayLife): Promise<CounterTill> {
    const { username, password, deviceId } = identity;
    const url = `mqtt://${life.host}:${life.port}`;
    const client = await mqtt.connectAsync(url, { username, password, clientId: 'counter' });
    const till = new CounterTill(deviceId, client);
    const topics = [`peripherals/+/response/${deviceId}`, 'peripherals/+/event'];
    await client.subscribeAsync([...topics, 'peripherals/+/state'], { qos: 1 });
    return till;
  }

  /** Resolves when the peripheral says that it can work. */
  async ready(peripheralId: string): Promise<void> {
    const topic = `peripherals/${peripheralId}/state`;
    if (this.#states.get(topic) === 'ready') return;
    await this.#hear(`${peripheralId} to be ready`, (at, { state }) => {
      return at === topic && state === 'ready';
    });
  }

  /** The next event of that type. Begin to wait before it can come. */
  event(peripheralId: string, type: string): Promise<Message> {
    const topic = `peripherals/${peripheralId}/event`;
    return this.#hear(`a ${type} of ${peripheralId}`, (at, message) => {
      return at === topic && message['type'] === type;
    });
  }

  /** The answer to one job; throws DEMO_FAILED unless it is `done`. */
  async done(peripheralId: string, request: Message): Promise<Message> {
    const jobId = randomUUID();
    const topic = `peripherals/${peripheralId}/response/${this.#deviceId}`;
    const answer = this.#hear(`the answer of ${peripheralId}`, (at, message) => {
      return at === topic && message['jobId'] === jobId;
    });
    const payload = JSON.stringify({ jobId, ...request });
    const asked = `peripherals/${peripheralId}/request/${this.#deviceId}`;
    const published = this.#client.publishAsync(asked, payload, { qos: 1 });
    const [response] = await Promise.all([answer, published]);
    if (response['state'] === 'done') return response['result'] as Message;
    throw new TillgateError(
      'DEMO_FAILED',
      `${peripheralId} answered ${JSON.stringify(response['error'] ?? response['state'])}.`,
    );
  }

  close(): void {
    this.#client.end(true);
  }

  #hear(what: string, isIt: (topic: string, message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const listen = (topic: string, message: Message): void => {
        if (!isIt(topic, message)) return;
        clearTimeout(timer);
        this.#waiting.delete(listen);
        resolve(message);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(listen);
        const message = `The demonstration waited in vain for ${what}.`;
        reject(new TillgateError('DEMO_FAILED', message));
      }, ANSWER_LIMIT_MS);
      this.#waiting.add(listen);
    });
  }
}
