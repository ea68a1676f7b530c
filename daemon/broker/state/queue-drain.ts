/**
 * Sends the queue of a session that came back, in order and a window at a time: a client that does
 * not acknowledge gets no more, and the rest stays on disk. Until all has been handed to the broker,
 * new messages line up behind it ([MQTT-4.6.0-5]); what was sent before comes with DUP
 * ([MQTT-3.3.1-1]) and under its old packet id.
 */
import type { Body } from './broker-changes.ts';
import type { KeptSession } from './kept-session.ts';
import type { KeptState } from './kept-state.ts';
import { costOf } from './session-queue.ts';
import type { QueuedMessage } from './session-queue.ts';
import type { OutgoingPacket } from './persistence-contract.ts';

/** Sent and not acknowledged: enough for any network of a store, far below the egress limit. */
const WINDOW_ITEMS = 256;
const WINDOW_BYTES = 256 * 1024;
/** Bodies that are read from disk at once. */
const READ_ITEMS = 32;

export class QueueDrain {
  readonly #state: KeptState;
  readonly #session: KeptSession;
  #isUnderWay = false;
  #hasEnded = false;

  constructor(state: KeptState, session: KeptSession) {
    this.#state = state;
    this.#session = session;
  }

  /** True until everything that waited has been sent once. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** The session has a connection: from now on windows and order count. */
  begin(): void {
    const { queue } = this.#session;
    for (const message of queue.messages()) message.isInDrain = false;
    queue.drainItems = 0;
    queue.drainBytes = 0;
    this.#isUnderWay = queue.size > 0;
  }

  /** The connection is gone. */
  end(): void {
    this.#hasEnded = true;
    this.#isUnderWay = false;
    this.#session.queue.wake();
  }

  async *packets(): AsyncGenerator<OutgoingPacket> {
    const isPaced = this.#isUnderWay;
    let last = 0;
    for (;;) {
      const messages = this.#next(last);
      const newest = messages.at(-1);
      if (newest === undefined) {
        if (!isPaced || this.#hasEnded || this.#isAllSent()) break;
        await this.#session.queue.changed();
        continue;
      }
      const bodies = await this.#state.bodies(messages);
      for (const message of messages) {
        if (isPaced) await this.#room(message);
        if (this.#hasEnded) return;
        last = message.position;
        const packet = QueueDrain.packetOf(message, bodies.get(message.body?.id ?? 0));
        if (packet === undefined || !this.#session.queue.has(message)) continue;
        if (isPaced) this.#sending(message);
        yield isPaced && message.packetId !== 0 && packet.cmd === 'publish'
          ? { ...packet, dup: true }
          : packet;
      }
    }
    this.#isUnderWay = false;
  }

  /** The packet of a queued message; undefined where its body is not known. */
  static packetOf(message: QueuedMessage, body: Body | undefined): OutgoingPacket | undefined {
    const messageId = message.packetId === 0 ? undefined : message.packetId;
    if (message.body === undefined) return { cmd: 'pubrel', messageId };
    if (body === undefined) return undefined;
    const { brokerId, brokerCounter, qos } = message;
    const payload = body.payload as Buffer;
    return {
      ...{ cmd: 'publish', topic: body.topic, payload, qos, retain: false, dup: false },
      ...{ brokerId, brokerCounter, messageId },
    };
  }

  #next(last: number): QueuedMessage[] {
    const messages: QueuedMessage[] = [];
    for (const message of this.#session.queue.messages()) {
      if (message.position <= last) continue;
      if (messages.push(message) >= READ_ITEMS) break;
    }
    return messages;
  }

  async #room(message: QueuedMessage): Promise<void> {
    const { queue } = this.#session;
    const isFull = (): boolean =>
      queue.drainItems >= WINDOW_ITEMS ||
      (queue.drainItems > 0 && queue.drainBytes + costOf(message) > WINDOW_BYTES);
    while (!this.#hasEnded && isFull()) await queue.changed();
  }

  #sending(message: QueuedMessage): void {
    const { queue } = this.#session;
    message.isInDrain = true;
    queue.drainItems += 1;
    queue.drainBytes += costOf(message);
  }

  /** Handed over is not enough: a new message may only follow what already has its packet id. */
  #isAllSent(): boolean {
    for (const message of this.#session.queue.messages()) {
      if (message.packetId === 0) return false;
    }
    return true;
  }
}
