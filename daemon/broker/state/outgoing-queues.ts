/**
 * The queues of kept sessions as the broker asks for them: a message is durable before whoever
 * published it is answered, an outbound QoS 2 packet id before its PUBLISH leaves and its release
 * before the PUBREL; the rest is written and not waited for.
 */
import { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';
import { TillgateError } from '../../../protocol/errors.ts';
import { topicMatches } from '../../../protocol/topics.ts';
import type { InboundPackets } from './inbound-packets.ts';
import type { KeptSession } from './kept-session.ts';
import type { KeptState } from './kept-state.ts';
import { noRoom } from './no-room.ts';
import type { ClientRef, OutgoingPacket, SubscriberRef } from './persistence-contract.ts';
import { QueueDrain } from './queue-drain.ts';
import type { QueuedMessage } from './session-queue.ts';

/** A client that reads and never acknowledges is put out; when it is back it hears a few at a time. */
export const IN_FLIGHT_MAX = 8_192;

export class OutgoingQueues {
  readonly #state: KeptState;
  readonly #inbound: InboundPackets;
  readonly #drains = new Map<string, QueueDrain>();

  constructor(state: KeptState, inbound: InboundPackets) {
    this.#state = state;
    this.#inbound = inbound;
  }

  async enqueue(subscribers: readonly SubscriberRef[], packet: AedesPublishPacket): Promise<void> {
    const inbound = this.#inbound.publishing(packet.payload);
    const granted = grantedSessions(subscribers, packet);
    try {
      if (granted.size > 0) {
        if (this.#state.journal.isLow) throw noRoom('messages');
        const body = this.#state.addBody({
          topic: packet.topic,
          payload: packet.payload,
        });
        const { brokerId, brokerCounter } = packet;
        for (const [id, qos] of granted) {
          const session = this.#state.obtain(id);
          this.#state.enqueue(session, body, { brokerId, brokerCounter, qos });
        }
      }
      const isWritten = inbound?.write() === true;
      if (granted.size > 0 || isWritten) await this.#state.journal.durable();
      inbound?.settle();
    } catch (error) {
      inbound?.refuse(error);
      throw error;
    }
  }

  /** Gives a queued message its packet id, or puts its release in its place. */
  async update(client: ClientRef, packet: OutgoingPacket): Promise<void> {
    const session = this.#state.find(client.id);
    const { messageId } = packet;
    if (session === undefined || messageId === undefined) return;
    if (packet.cmd === 'pubrel') {
      const released = session.queue.byPacketId(messageId);
      if (released?.body === undefined) return;
      this.#state.release(session, released);
    } else {
      const { brokerId = '', brokerCounter = 0 } = packet;
      const queued = session.queue.byCounter({ brokerId, brokerCounter });
      // It was pushed out by newer messages, or has its id from before.
      if (queued === undefined || queued.packetId === messageId) return;
      if (session.queue.inFlight >= IN_FLIGHT_MAX) throw neverAcknowledges(client.id);
      this.#state.assign(session, queued, messageId);
      if (queued.qos === 1) return;
    }
    await this.#state.journal.durable();
  }

  /** A message is done with; gives it back where its body is at hand. */
  clear(client: ClientRef, packet: OutgoingPacket): OutgoingPacket | undefined {
    const session = this.#state.find(client.id);
    if (session === undefined) return undefined;
    const { messageId, brokerId, brokerCounter } = packet;
    const queued =
      messageId === undefined
        ? this.#undelivered(session, { brokerId, brokerCounter })
        : session.queue.byPacketId(messageId);
    if (queued === undefined) return undefined;
    const body = queued.body === undefined ? undefined : this.#state.recentBody(queued.body);
    this.#state.remove(session, queued);
    // Only listeners of the broker's event see it: an older body is not read back for that.
    return QueueDrain.packetOf(queued, body);
  }

  stream(client: ClientRef): Readable {
    const session = this.#state.find(client.id);
    if (session === undefined) return Readable.from([]);
    const drain = this.#drains.get(client.id) ?? new QueueDrain(this.#state, session);
    return Readable.from(drain.packets());
  }

  /** A kept session has a connection: until its queue has been sent, new messages line up behind. */
  cameBack(sessionId: string): void {
    const session = this.#state.find(sessionId);
    if (session === undefined) return;
    this.#state.cameBack(session);
    this.#drains.get(sessionId)?.end();
    const drain = new QueueDrain(this.#state, session);
    drain.begin();
    this.#drains.set(sessionId, drain);
  }

  left(sessionId: string): void {
    const session = this.#state.find(sessionId);
    this.#drains.get(sessionId)?.end();
    this.#drains.delete(sessionId);
    if (session !== undefined) this.#state.left(session);
  }

  /** True for a message that stands in the queue and must wait for those before it. */
  mustWait(sessionId: string, packet: OutgoingPacket): boolean {
    if (this.#drains.get(sessionId)?.isUnderWay !== true) return false;
    const { brokerId = '', brokerCounter = 0 } = packet;
    const queued = this.#state.find(sessionId)?.queue.byCounter({ brokerId, brokerCounter });
    return queued?.packetId === 0;
  }

  isInFlight(sessionId: string, packetId: number): boolean {
    return this.#state.find(sessionId)?.queue.byPacketId(packetId) !== undefined;
  }

  /** The session is no more. */
  ended(sessionId: string): void {
    this.#drains.get(sessionId)?.end();
    this.#drains.delete(sessionId);
  }

  /** What the broker will not deliver: dropped, unless it only waits for its turn. */
  #undelivered(
    session: KeptSession,
    { brokerId = '', brokerCounter = 0 }: Pick<OutgoingPacket, 'brokerId' | 'brokerCounter'>,
  ): QueuedMessage | undefined {
    if (this.#drains.get(session.name)?.isUnderWay === true) return undefined;
    return session.queue.byCounter({ brokerId, brokerCounter });
  }
}

/** Overlapping filters of a session are one delivery at the highest QoS ([MQTT-3.3.5-1]). */
function grantedSessions(
  subscribers: readonly SubscriberRef[],
  packet: AedesPublishPacket,
): ReadonlyMap<string, 1 | 2> {
  const granted = new Map<string, 1 | 2>();
  for (const { clientId, topic, qos = 2 } of subscribers) {
    if (topic !== undefined && !topicMatches(topic, packet.topic)) continue; // [MQTT-4.7.2-1]
    const effective = Math.min(qos, packet.qos);
    if (effective === 2 || (effective === 1 && !granted.has(clientId))) {
      granted.set(clientId, effective);
    }
  }
  return granted;
}

function neverAcknowledges(sessionId: string): TillgateError {
  return new TillgateError(
    'MQTT_REFUSED',
    `${sessionId} has ${IN_FLIGHT_MAX} messages that it does not acknowledge.`,
  );
}
