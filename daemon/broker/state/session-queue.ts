/**
 * What waits for one session, in order: small records in memory, bodies on disk. A record stays until
 * the client has acknowledged the message (QoS 1) or completed its hand-over (QoS 2).
 */
import type { AedesPublishPacket } from 'aedes';

/** The body of a message, shared by all sessions that wait for it. */
export interface SharedBody {
  readonly id: number;
  readonly bytes: number;
  holders: number;
}

export interface QueuedMessage {
  readonly position: number;
  /** Undefined once it is released: then only a PUBREL is left of it. */
  body: SharedBody | undefined;
  readonly qos: 1 | 2;
  /** 0 until it was sent for the first time. */
  packetId: number;
  /** How the broker names the message: by itself and a counter, or as read from the file. */
  readonly brokerId: string;
  readonly brokerCounter: number;
  /** Counted in what was sent since the session came back. */
  isInDrain: boolean;
}

/** The broker's name for messages that were read from the file; their counter is the position. */
export const STORED_BROKER_ID = 'stored';
/** What a message costs beside its body: its rows, and its record in memory. */
export const MESSAGE_OVERHEAD_BYTES = 128;

export function costOf(message: QueuedMessage): number {
  return MESSAGE_OVERHEAD_BYTES + (message.body?.bytes ?? 0);
}

export class SessionQueue {
  readonly #messages = new Map<number, QueuedMessage>();
  readonly #byPacketId = new Map<number, QueuedMessage>();
  readonly #byCounter = new Map<number, QueuedMessage>();
  #bytes = 0;
  #wake: (() => void)[] = [];
  /** What was sent since the session came back and is not acknowledged. */
  drainItems = 0;
  drainBytes = 0;

  get size(): number {
    return this.#messages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages that have a packet id. */
  get inFlight(): number {
    return this.#byPacketId.size;
  }

  get oldest(): QueuedMessage | undefined {
    for (const message of this.#messages.values()) return message;
    return undefined;
  }

  has(message: QueuedMessage): boolean {
    return this.#messages.has(message.position);
  }

  add(message: QueuedMessage): void {
    this.#messages.set(message.position, message);
    this.#byCounter.set(nameOf(message), message);
    if (message.packetId !== 0) this.#byPacketId.set(message.packetId, message);
    this.#bytes += costOf(message);
    this.#changed();
  }

  remove(message: QueuedMessage): void {
    if (!this.#messages.delete(message.position)) return;
    this.#byCounter.delete(nameOf(message));
    if (this.#byPacketId.get(message.packetId) === message) {
      this.#byPacketId.delete(message.packetId);
    }
    this.#bytes -= costOf(message);
    if (message.isInDrain) {
      this.drainItems -= 1;
      this.drainBytes -= costOf(message);
    }
    this.#changed();
  }

  assign(message: QueuedMessage, packetId: number): void {
    message.packetId = packetId;
    this.#byPacketId.set(packetId, message);
    this.#changed();
  }

  /** The client has the message: only its release is left. Returns the body. */
  release(message: QueuedMessage): SharedBody | undefined {
    const { body } = message;
    if (body === undefined) return undefined;
    this.#bytes -= body.bytes;
    if (message.isInDrain) this.drainBytes -= body.bytes;
    message.body = undefined;
    this.#changed();
    return body;
  }

  byPacketId(packetId: number): QueuedMessage | undefined {
    return this.#byPacketId.get(packetId);
  }

  byCounter(
    packet: Pick<AedesPublishPacket, 'brokerId' | 'brokerCounter'>,
  ): QueuedMessage | undefined {
    return this.#byCounter.get(nameOf(packet));
  }

  /** In order; what is added while somebody reads is read as well. */
  messages(): IterableIterator<QueuedMessage> {
    return this.#messages.values();
  }

  /** Resolves when the queue, or what was sent of it, has changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Wakes who waits, for a reason outside the queue. */
  wake(): void {
    this.#changed();
  }

  #changed(): void {
    if (this.#wake.length === 0) return;
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** Counters of this process and positions of the file, told apart by their sign. */
function nameOf({ brokerId, brokerCounter }: { brokerId: string; brokerCounter: number }): number {
  return brokerId === STORED_BROKER_ID ? -brokerCounter : brokerCounter;
}
