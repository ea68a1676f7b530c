/**
 * The persistence of aedes over the kept state: what it promises is kept across restarts and power
 * cuts. Matching of subscriptions, retained messages and wills in memory is aedes' own, from its
 * persistence in memory; here everything is also written, and what has to be durable before the
 * broker acknowledges it resolves only then.
 *
 * - A message that waits for sessions: before PUBACK, and together with the inbound packet id before
 *   PUBREC, so that a QoS 2 message is neither lost nor doubled by a crash in between.
 * - A retained message: before PUBACK, and before any subscriber is shown it.
 * - Subscriptions and their end: before SUBACK and UNSUBACK. A clean CONNECT's forgetting: before
 *   CONNACK, except on a full disk, for a till that is let in can sell.
 * - Outbound QoS 2: the packet id before PUBLISH, the release before PUBREL. Outbound QoS 1 ids and
 *   all acknowledgements of clients are written and not waited for: at worst a message comes again.
 * - What is refused by the disk is refused to the client: its connection closes without an answer.
 * - Clean sessions write nothing.
 */
import { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';
import { GATEWAY_STATUS_TOPIC, topicMatches } from '../../../protocol/topics.ts';
import { InboundPackets } from './inbound-packets.ts';
import type { KeptState } from './kept-state.ts';
import { noRoom } from './no-room.ts';
import { OutgoingQueues } from './outgoing-queues.ts';
import type {
  ClientRef,
  FilterRef,
  InboundRef,
  MemoryPersistence,
  OutgoingPacket,
  SubscriberRef,
  WillPacket,
} from './persistence-contract.ts';

export interface KeptPersistenceOptions {
  memory: MemoryPersistence;
  state: KeptState;
  /** The filters of a SUBSCRIBE that were granted; what a role refuses is not kept. */
  isGranted: (client: ClientRef, filter: string) => boolean;
}

export class KeptPersistence {
  /** What waits for kept sessions. */
  readonly queues: OutgoingQueues;
  readonly #memory: MemoryPersistence;
  readonly #state: KeptState;
  readonly #isGranted: KeptPersistenceOptions['isGranted'];
  readonly #inbound: InboundPackets;
  broker: { id: string } | undefined;
  /** It is stored, and goes to live subscribers next. */
  onRetained: (packet: AedesPublishPacket) => void = () => undefined;

  constructor({ memory, state, isGranted }: KeptPersistenceOptions) {
    this.#memory = memory;
    this.#state = state;
    this.#isGranted = isGranted;
    this.#inbound = new InboundPackets(state);
    this.queues = new OutgoingQueues(state, this.#inbound);
  }

  async setup(broker: { id: string }): Promise<void> {
    this.broker = broker;
    await this.#memory.setup(broker);
  }

  async storeRetained(packet: AedesPublishPacket): Promise<void> {
    await this.#keepRetained(packet).catch((error: unknown) => this.#inbound.refuse(packet, error));
    this.onRetained(packet);
  }

  async #keepRetained(packet: AedesPublishPacket): Promise<void> {
    const { topic, qos, payload } = packet;
    const { journal } = this.#state;
    // The gateway says it anew at each start, and every few seconds: the disk need not hear it.
    if (topic === GATEWAY_STATUS_TOPIC) return this.#memory.storeRetained(packet);
    if (journal.isFull) throw noRoom('retained messages');
    if (payload.length === 0) journal.write(['dropRetained', topic]);
    else journal.write(['putRetained', topic, qos, Buffer.from(payload)]);
    // Seen only now: whoever subscribes meanwhile gets it live, and not as retained besides.
    try {
      await journal.durable();
    } finally {
      // Also what found no room: the journal keeps it and writes it when there is some.
      await this.#memory.storeRetained(packet);
    }
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retainedFor(filters));
  }

  /** aedes' own matching lets a leading wildcard reach `$` topics ([MQTT-4.7.2-1]). */
  async *#retainedFor(filters: readonly string[]): AsyncGenerator<AedesPublishPacket> {
    for (const filter of filters) {
      for await (const packet of this.#memory.createRetainedStream(filter)) {
        const { topic } = packet as AedesPublishPacket;
        if (topicMatches(filter, topic)) yield packet as AedesPublishPacket;
      }
    }
  }

  async addSubscriptions(client: ClientRef, filters: readonly FilterRef[]): Promise<unknown> {
    const { journal } = this.#state;
    const granted = filters.filter(({ topic }) => this.#isGranted(client, topic));
    const held = this.#state.find(client.id)?.filters;
    const fresh = granted.filter(({ topic }) => held?.has(topic) !== true);
    if (journal.isFull && fresh.length === 0) return this.#memory.addSubscriptions(client, granted);
    if (journal.isFull) throw noRoom('subscriptions');
    const session = this.#state.obtain(client.id);
    for (const { topic, ...options } of granted) {
      session.filters.add(topic);
      journal.write(['putFilter', session.id, topic, JSON.stringify(options)]);
    }
    const added = await this.#memory.addSubscriptions(client, granted);
    try {
      await journal.durable();
    } catch (error) {
      // Not promised: the next SUBSCRIBE is refused until there is room.
      for (const { topic } of fresh) session.filters.delete(topic);
      throw error;
    }
    return added;
  }

  async removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<unknown> {
    const session = this.#state.find(client.id);
    const held = filters.filter((filter) => session?.filters.delete(filter) === true);
    const removed = await this.#memory.removeSubscriptions(client, filters);
    if (session === undefined || held.length === 0) return removed;
    for (const filter of held) this.#state.journal.write(['dropFilter', session.id, filter]);
    await this.#state.journal.durable();
    return removed;
  }

  subscriptionsByClient(client: ClientRef): Promise<FilterRef[]> {
    return this.#memory.subscriptionsByClient(client);
  }

  countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return this.#memory.countOffline();
  }

  subscriptionsByTopic(topic: string): Promise<SubscriberRef[]> {
    return this.#memory.subscriptionsByTopic(topic);
  }

  getClientList(topic: string): Readable {
    return this.#memory.getClientList(topic);
  }

  /** A clean CONNECT: the session ends, with its queue and all else ([MQTT-3.1.2-6]). */
  async cleanSubscriptions(client: ClientRef): Promise<unknown> {
    const cleaned = await this.#memory.cleanSubscriptions(client);
    this.#inbound.clear(client);
    const session = this.#state.find(client.id);
    if (session === undefined) return cleaned;
    this.queues.ended(client.id);
    this.#state.end(session);
    await this.#durableOrFull();
    return cleaned;
  }

  outgoingEnqueue(subscriber: SubscriberRef, packet: AedesPublishPacket): Promise<void> {
    return this.queues.enqueue([{ clientId: subscriber.clientId }], packet);
  }

  outgoingEnqueueCombi(
    subscribers: readonly SubscriberRef[],
    packet: AedesPublishPacket,
  ): Promise<void> {
    return this.queues.enqueue(subscribers, packet);
  }

  outgoingUpdate(client: ClientRef, packet: OutgoingPacket): Promise<void> {
    return this.queues.update(client, packet);
  }

  outgoingClearMessageId(
    client: ClientRef,
    packet: OutgoingPacket,
  ): Promise<OutgoingPacket | undefined> {
    return Promise.resolve(this.queues.clear(client, packet));
  }

  outgoingStream(client: ClientRef): Readable {
    return this.queues.stream(client);
  }

  incomingStorePacket(client: ClientRef, packet: AedesPublishPacket): Promise<void> {
    return this.#inbound.store(client, packet);
  }

  incomingGetPacket(client: ClientRef, packet: InboundRef): Promise<unknown> {
    return this.#inbound.find(client, packet);
  }

  async incomingDelPacket(client: ClientRef, packet: { messageId: number }): Promise<void> {
    if (this.#inbound.remove(client, packet.messageId)) await this.#state.journal.durable();
  }

  async cleanIncoming(client: ClientRef): Promise<void> {
    if (this.#inbound.clear(client)) await this.#durableOrFull();
  }

  async putWill(client: ClientRef, packet: WillPacket): Promise<unknown> {
    const put = await this.#memory.putWill(client, packet);
    if (client.clean === true || this.#state.journal.isFull) return put;
    const session = this.#state.obtain(client.id);
    session.hasWill = true;
    const { topic, qos, retain, payload } = packet;
    const bytes = Buffer.from(payload);
    this.#state.journal.write(['putWill', session.id, topic, qos, Number(retain), bytes]);
    await this.#durableOrFull();
    return put;
  }

  getWill(client: ClientRef): Promise<WillPacket | undefined> {
    return this.#memory.getWill(client);
  }

  delWill(client: ClientRef): Promise<WillPacket | undefined> {
    const session = this.#state.find(client.id);
    if (session?.hasWill === true) {
      session.hasWill = false;
      this.#state.journal.write(['dropWill', session.id]);
    }
    return this.#memory.delWill(client);
  }

  streamWill(brokers?: Readonly<Record<string, number>>): Readable {
    return this.#memory.streamWill(brokers);
  }

  async destroy(): Promise<void> {
    await this.#memory.destroy();
    await this.#state.journal.close();
  }

  async #durableOrFull(): Promise<void> {
    const { journal } = this.#state;
    try {
      await journal.durable();
    } catch (error) {
      if (!journal.isFull) throw error;
    }
  }
}
