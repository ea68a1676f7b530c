/**
 * The broker's memory of sessions, with bounds. It stands in front of aedes' own in-memory
 * persistence, which keeps subscriptions, retained messages and wills, and takes over the two parts
 * that grow with what others send:
 *
 * - the queue of a session whose client is away: so many messages and bytes each, and so many bytes
 *   over all; the oldest goes first. A lost result costs a till a repeat, never a sale;
 * - inbound QoS 2 packets between PUBLISH and PUBREL: only their ids, for that is all the broker
 *   asks for.
 *
 * A clean CONNECT forgets the queue too ([MQTT-3.1.2-6]).
 */
import { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';
import { topicMatches } from '../../protocol/topics.ts';

/** What aedes calls; the rest of its persistence is passed through. */
interface ClientRef {
  id: string;
}
interface SubscriptionRef {
  clientId: string;
  /** The filter, and what was granted for it; absent for a result. */
  topic?: string;
  qos?: 0 | 1 | 2;
}
/** A message, or the PUBREL that took its place and has nothing but an id. */
type QueuedPacket = Partial<Omit<AedesPublishPacket, 'cmd'>> & { messageId?: number; cmd: string };

export interface AedesPersistence {
  cleanSubscriptions(client: ClientRef): Promise<unknown>;
  outgoingEnqueue(subscription: SubscriptionRef, packet: AedesPublishPacket): Promise<void>;
  outgoingEnqueueCombi(
    subscriptions: readonly SubscriptionRef[],
    packet: AedesPublishPacket,
  ): Promise<void>;
  createRetainedStream(filter: string): AsyncIterable<AedesPublishPacket>;
}

/** What of the bounded memory has no counterpart in what aedes' types say. */
export interface BoundedPersistence extends AedesPersistence {
  cleanIncoming(client: ClientRef): Promise<void>;
}

export interface SessionLimits {
  queueItemsMax: number;
  queueBytesMax: number;
  totalBytesMax: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  // A device that was away for an hour wants the newest; feeds can be asked for again.
  queueItemsMax: 1_000,
  queueBytesMax: 1024 * 1024,
  totalBytesMax: 32 * 1024 * 1024,
};

/** What a packet's object costs beside its payload. */
const PACKET_OVERHEAD_BYTES = 256;

interface Queue {
  packets: QueuedPacket[];
  bytes: number;
}

/** Puts bounds onto `inner`; everything that is not named here goes there unchanged. */
export function boundSessions<T extends object>(
  inner: T & AedesPersistence,
  limits: SessionLimits = DEFAULT_SESSION_LIMITS,
): T & BoundedPersistence {
  const overrides = new BoundedQueues(inner, limits);
  const proxy: object = new Proxy(inner, {
    get(target, name) {
      const owner: object = name in overrides ? overrides : target;
      const value: unknown = Reflect.get(owner, name, owner);
      return typeof value === 'function' ? (value.bind(owner) as unknown) : value;
    },
  });
  return proxy as T & BoundedPersistence;
}

class BoundedQueues {
  readonly #inner: AedesPersistence;
  readonly #limits: SessionLimits;
  /** In the order of their last change, so that the session longest unheard of loses first. */
  readonly #queues = new Map<string, Queue>();
  readonly #incoming = new Map<string, Set<number>>();
  #totalBytes = 0;

  constructor(inner: AedesPersistence, limits: SessionLimits) {
    this.#inner = inner;
    this.#limits = limits;
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retainedFor(filters));
  }

  /** aedes' own matching lets a leading wildcard reach `$` topics ([MQTT-4.7.2-1]). */
  async *#retainedFor(filters: readonly string[]): AsyncGenerator<AedesPublishPacket> {
    for (const filter of filters) {
      for await (const packet of this.#inner.createRetainedStream(filter)) {
        if (topicMatches(filter, packet.topic)) yield packet;
      }
    }
  }

  cleanSubscriptions(client: ClientRef): Promise<unknown> {
    this.#drop(client.id);
    return this.#inner.cleanSubscriptions(client);
  }

  outgoingEnqueue(subscription: SubscriptionRef, packet: AedesPublishPacket): Promise<void> {
    this.#enqueue(subscription.clientId, packet, packet.qos);
    return Promise.resolve();
  }

  outgoingEnqueueCombi(
    subscriptions: readonly SubscriptionRef[],
    packet: AedesPublishPacket,
  ): Promise<void> {
    // Overlapping filters of a session are one delivery at the highest QoS ([MQTT-3.3.5-1]).
    const granted = new Map<string, 0 | 1 | 2>();
    for (const { clientId, topic = '', qos = 2 } of subscriptions) {
      if (topic !== '' && !topicMatches(topic, packet.topic)) continue; // [MQTT-4.7.2-1]
      if (qos >= (granted.get(clientId) ?? 0)) granted.set(clientId, qos);
    }
    for (const [clientId, qos] of granted) this.#enqueue(clientId, packet, qos);
    return Promise.resolve();
  }

  /** Gives a queued message its packet id, or puts a PUBREL in its place. */
  outgoingUpdate(client: ClientRef, packet: QueuedPacket): Promise<void> {
    const queue = this.#queues.get(client.id);
    const isRelease = packet.cmd === 'pubrel';
    const at =
      queue?.packets.findIndex((queued) =>
        isRelease
          ? queued.messageId === packet.messageId
          : queued.brokerId === packet.brokerId && queued.brokerCounter === packet.brokerCounter,
      ) ?? -1;
    const queued = queue?.packets[at];
    // It was pushed out by newer messages, or never queued: nothing to remember.
    if (queue === undefined || queued === undefined) return Promise.resolve();
    if (isRelease) {
      queue.packets[at] = packet;
      this.#shrink(client.id, queue, costOf(queued) - costOf(packet));
    } else if (packet.messageId !== undefined) {
      queued.messageId = packet.messageId;
    }
    return Promise.resolve();
  }

  outgoingClearMessageId(
    client: ClientRef,
    packet: { messageId?: number },
  ): Promise<QueuedPacket | undefined> {
    const queue = this.#queues.get(client.id);
    const at = queue?.packets.findIndex(({ messageId }) => messageId === packet.messageId) ?? -1;
    if (queue === undefined || at < 0) return Promise.resolve(undefined);
    const [cleared] = queue.packets.splice(at, 1);
    if (cleared !== undefined) this.#shrink(client.id, queue, costOf(cleared));
    return Promise.resolve(cleared);
  }

  outgoingStream(client: ClientRef): Readable {
    const packets = this.#queues.get(client.id)?.packets ?? [];
    // What has a packet id was sent before ([MQTT-3.3.1-1]).
    return Readable.from(
      packets.map((packet) =>
        packet.messageId === undefined || packet.cmd === 'pubrel'
          ? packet
          : { ...packet, dup: true },
      ),
    );
  }

  incomingStorePacket(client: ClientRef, packet: { messageId: number }): Promise<void> {
    const ids = this.#incoming.get(client.id) ?? new Set<number>();
    ids.add(packet.messageId);
    this.#incoming.set(client.id, ids);
    return Promise.resolve();
  }

  /** Rejects when the id is unknown, which is what the broker takes for no. */
  incomingGetPacket(
    client: ClientRef,
    packet: { messageId: number },
  ): Promise<{ messageId: number }> {
    const isKnown = this.#incoming.get(client.id)?.has(packet.messageId) === true;
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- nobody reads it.
    return isKnown ? Promise.resolve(packet) : Promise.reject(undefined);
  }

  incomingDelPacket(client: ClientRef, packet: { messageId: number }): Promise<void> {
    const ids = this.#incoming.get(client.id);
    ids?.delete(packet.messageId);
    if (ids?.size === 0) this.#incoming.delete(client.id);
    return Promise.resolve();
  }

  cleanIncoming(client: ClientRef): Promise<void> {
    this.#incoming.delete(client.id);
    return Promise.resolve();
  }

  #enqueue(sessionId: string, packet: AedesPublishPacket, granted: 0 | 1 | 2): void {
    const queue = this.#queues.get(sessionId) ?? { packets: [], bytes: 0 };
    this.#queues.delete(sessionId);
    this.#queues.set(sessionId, queue);
    // A copy: the broker gives each session's packet an id of its own.
    const own: QueuedPacket = { ...packet, qos: granted < packet.qos ? granted : packet.qos };
    delete own.messageId;
    queue.packets.push(own);
    queue.bytes += costOf(own);
    this.#totalBytes += costOf(own);
    const { queueItemsMax, queueBytesMax, totalBytesMax } = this.#limits;
    while (queue.packets.length > queueItemsMax || queue.bytes > queueBytesMax) {
      this.#dropOldest(sessionId, queue);
    }
    while (this.#totalBytes > totalBytesMax) {
      const [longestUnheard] = this.#queues;
      if (longestUnheard === undefined) return;
      this.#dropOldest(longestUnheard[0], longestUnheard[1]);
    }
  }

  #dropOldest(sessionId: string, queue: Queue): void {
    const dropped = queue.packets.shift();
    if (dropped !== undefined) this.#shrink(sessionId, queue, costOf(dropped));
  }

  #shrink(sessionId: string, queue: Queue, goneBytes: number): void {
    queue.bytes -= goneBytes;
    this.#totalBytes -= goneBytes;
    if (queue.packets.length === 0) this.#queues.delete(sessionId);
  }

  #drop(sessionId: string): void {
    this.#totalBytes -= this.#queues.get(sessionId)?.bytes ?? 0;
    this.#queues.delete(sessionId);
  }
}

function costOf(packet: QueuedPacket): number {
  return PACKET_OVERHEAD_BYTES + (packet.topic?.length ?? 0) + (packet.payload?.length ?? 0);
}
