/**
 * A till that goes on whatever happens to the gateway: several submissions in flight, a new
 * connection whenever the old one ends, and on each the unanswered ones again, with the same bytes;
 * a few it gives up, as a till does that is switched off. Some answered ones it sends again.
 */
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import type { SeededRandom } from './seeded-random.ts';
import type { Submission } from './submission-mix.ts';
import type { Answer, Credential } from './till-under-test.ts';
import type { ToldBook } from './told-book.ts';

export interface RestlessTillOptions {
  credential: Credential;
  next: () => Submission;
  book: ToldBook;
  random: SeededRandom;
  inFlightMax: number;
  /** Between an answer and the next submission in its place. */
  pauseMs: number;
}

const RECONNECT_MS = 50;
/** On a living connection everything is answered long before; then it is sent again. */
const REPEAT_MS = 4_000;
const GIVE_UP_CHANCE = 0.1;
const REPEAT_ANSWERED_CHANCE = 0.03;

export class RestlessTill {
  readonly #options: RestlessTillOptions;
  readonly #unanswered = new Map<string, Submission>();
  #address: { host: string; port: number } | undefined;
  #client: MqttClient | undefined;
  #isSelling = true;

  constructor(options: RestlessTillOptions) {
    this.#options = options;
  }

  get deviceId(): string {
    return this.#options.credential.username;
  }

  get waiting(): number {
    return this.#unanswered.size;
  }

  /** The gateway answers there from now on. */
  reach(address: { host: string; port: number }): void {
    this.leave();
    this.#address = address;
    this.#connect();
  }

  /** Hears nothing more, from this moment on. */
  leave(): void {
    this.#address = undefined;
    this.#client?.end(true);
    this.#client = undefined;
  }

  /** Begins nothing new; what has no answer yet still gets one. */
  finish(): void {
    this.#isSelling = false;
  }

  resume(): void {
    this.#isSelling = true;
    this.#fill();
  }

  #connect(): void {
    if (this.#address === undefined) return;
    const client = mqtt.connect({
      ...this.#options.credential,
      ...this.#address,
      reconnectPeriod: 0,
      resubscribe: false,
    });
    this.#client = client;
    const repeat = setInterval(() => this.#sendAgain(), REPEAT_MS);
    client.on('connect', () => void this.#begin(client));
    client.on('message', (_topic, payload) => this.#hear(client, payload));
    // mqtt.js closes after every error, and `close` decides what happens next.
    client.on('error', () => undefined);
    client.on('close', () => {
      clearInterval(repeat);
      if (this.#client !== client) return;
      this.#client = undefined;
      setTimeout(() => {
        if (this.#client === undefined) this.#connect();
      }, RECONNECT_MS);
    });
  }

  async #begin(client: MqttClient): Promise<void> {
    try {
      await client.subscribeAsync(`transactions/${this.deviceId}/result`, { qos: 1 });
    } catch {
      // The connection ended meanwhile; the next one begins again.
      return;
    }
    for (const [hash] of this.#unanswered) {
      if (this.#options.random.chance(GIVE_UP_CHANCE)) this.#unanswered.delete(hash);
    }
    this.#sendAgain();
    this.#fill();
  }

  #sendAgain(): void {
    for (const submission of this.#unanswered.values()) this.#send(submission);
  }

  #fill(): void {
    if (this.#client?.connected !== true) return;
    while (this.#isSelling && this.#unanswered.size < this.#options.inFlightMax) {
      const submission = this.#options.next();
      this.#unanswered.set(submission.submissionHash, submission);
      this.#send(submission);
    }
  }

  #send(submission: Submission): void {
    const client = this.#client;
    const topic = `transactions/${this.deviceId}/submit`;
    client?.publish(topic, submission.payload, { qos: 1 }, (error) => {
      const isAcknowledged = !(error instanceof Error);
      if (isAcknowledged && this.#client === client) this.#options.book.recorded(submission);
    });
  }

  #hear(client: MqttClient, payload: Buffer): void {
    if (this.#client !== client) return;
    const { book, random, pauseMs } = this.#options;
    const answer = JSON.parse(payload.toString()) as Answer & { submissionHash: string };
    const submission = this.#unanswered.get(answer.submissionHash);
    if (submission === undefined) return;
    book.answered(submission, answer);
    if (answer.outcome === 'unavailable') return;
    this.#unanswered.delete(answer.submissionHash);
    if (random.chance(REPEAT_ANSWERED_CHANCE) && this.#isSelling) {
      this.#unanswered.set(submission.submissionHash, submission);
      this.#send(submission);
    }
    setTimeout(() => this.#fill(), pauseMs);
  }
}
