/**
 * A till over real MQTT: submits one thing at a time, waits for the answer to exactly these bytes,
 * and keeps the sum of what it was told is booked.
 */
import { createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CompactSign } from 'jose';
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import { sampleSale } from './sample-sale.ts';

export interface Answer {
  transactionId: string | null;
  outcome: 'accepted' | 'rejected' | 'conflict' | 'unavailable';
  origin: string;
  index: number;
  leafHash: string;
  errors?: { code: string; path: string }[];
}

export interface Credential {
  username: string;
  password: string;
}

export class TillUnderTest {
  readonly #client: MqttClient;
  readonly #deviceId: string;
  readonly #privateKey: KeyObject | undefined;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  private constructor(client: MqttClient, deviceId: string, privateKey?: KeyObject) {
    this.#client = client;
    this.#deviceId = deviceId;
    this.#privateKey = privateKey;
    client.on('message', (_topic, payload) => {
      const answer = JSON.parse(payload.toString()) as Answer & { submissionHash: string };
      this.#waiting.get(answer.submissionHash)?.(answer);
      this.#waiting.delete(answer.submissionHash);
    });
  }

  /** With a private key (Ed25519) every submission is signed. */
  static async connect(
    address: { host: string; port: number },
    credential: Credential,
    privateKey?: KeyObject,
  ): Promise<TillUnderTest> {
    const { host, port } = address;
    const client = await mqtt.connectAsync({ ...credential, host, port, protocolVersion: 4 });
    await client.subscribeAsync(`transactions/${credential.username}/result`, { qos: 1 });
    return new TillUnderTest(client, credential.username, privateKey);
  }

  async submit(transaction: string): Promise<Answer> {
    const payload = await this.#sealed(transaction);
    const answered = new Promise<Answer>((resolve) => {
      this.#waiting.set(createHash('sha256').update(payload).digest('base64'), resolve);
    });
    await this.#client.publishAsync(`transactions/${this.#deviceId}/submit`, payload, { qos: 1 });
    return answered;
  }

  /** The same for a day on which the answer may be `unavailable`: no acknowledgement is awaited. */
  async tryToSubmit(transaction: string): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => {
      this.#waiting.set(createHash('sha256').update(transaction).digest('base64'), resolve);
    });
    this.#client.publish(`transactions/${this.#deviceId}/submit`, transaction, { qos: 1 });
    return answered;
  }

  end(): Promise<void> {
    return this.#client.endAsync(true);
  }

  async #sealed(transaction: string): Promise<string> {
    if (this.#privateKey === undefined) return transaction;
    const content = new CompactSign(Buffer.from(transaction));
    return content.setProtectedHeader({ alg: 'Ed25519' }).sign(this.#privateKey);
  }
}

/** The id of sale number `number`. */
export function saleId(number: number): string {
  return `01936a4e-2a1c-7c3e-9d63-${String(number).padStart(12, '0')}`;
}

/** A cash sale of `totalMinor`, sold in `lineCount` lines: 400 of them are some 60 KiB. */
export function cashSale(
  number: number,
  { totalMinor, lineCount = 1 }: { totalMinor: number; lineCount?: number },
): string {
  const lines = Array.from({ length: lineCount }, (_, at) => {
    const value = at === 0 ? totalMinor - (lineCount - 1) : 1;
    return {
      lineNumber: at + 1,
      itemId: `item-${at}`,
      description: 'JUMBO BAG RED RETROSPOT',
      quantity: { value: 1, scale: 0, unit: 'EA' },
      unitPrice: { value, scale: 2 },
      extendedAmount: value,
    };
  });
  return sampleSale({
    transactionId: saleId(number),
    sequenceNumber: number,
    lines,
    taxes: [],
    tenders: [{ type: 'cash', amount: totalMinor }],
    total: totalMinor,
  });
}
