/**
 * Inbound QoS 2 between PUBLISH and PUBREL ([MQTT-4.3.3-2]): a packet id that is known is answered
 * and not published again. The broker stores the id first and publishes then; a crash in between
 * would lose the message, because its repetition would be taken for known. So the id is written in
 * the transaction that queues the message, and until then it stands in memory only.
 *
 * A message on its way is recognised by its payload, the one object that the broker hands on as it
 * is. Clean sessions write nothing.
 */
import type { AedesPublishPacket } from 'aedes';
import { TillgateError } from '../../../protocol/errors.ts';
import type { KeptState } from './kept-state.ts';
import { noRoom } from './no-room.ts';
import type { ClientRef, InboundRef } from './persistence-contract.ts';

interface Inbound {
  /** Until it is published, as it came. */
  packet: AedesPublishPacket | undefined;
  /** Settles when the message is published and its id durable. */
  published: Promise<void> | undefined;
  /** The same, from the moment it was stored on. */
  settled: Promise<void> | undefined;
}

/** A message that is being published, and the id that goes with it. */
export interface Publishing {
  /** True when an id was written that has to become durable. */
  write(): boolean;
  settle(): void;
  /** It was not published: the same id will be a new message. */
  refuse(error: unknown): void;
}

export class InboundPackets {
  readonly #state: KeptState;
  readonly #clients = new Map<string, Map<number, Inbound>>();
  readonly #onTheirWay = new WeakMap<object, Publishing>();
  /** What a connection was told it has not sent yet: it stores that next. */
  readonly #storedNext = new WeakMap<ClientRef, Map<number, PromiseWithResolvers<undefined>>>();

  constructor(state: KeptState) {
    this.#state = state;
    for (const { name, received } of state.sessions) {
      for (const id of received)
        this.#of(name).set(id, { packet: undefined, published: undefined, settled: undefined });
    }
  }

  store(client: ClientRef, packet: AedesPublishPacket): Promise<void> {
    const { messageId } = packet as AedesPublishPacket & { messageId: number };
    const copy: AedesPublishPacket & { length?: number } = { ...packet };
    delete copy.length; // The parser's, not the message's.
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    promise.catch(() => undefined); // Whoever repeats the packet meanwhile hears of it.
    const inbound: Inbound = { packet: copy, published: undefined, settled: promise };
    this.#of(client.id).set(messageId, inbound);
    this.#storedNext.get(client)?.get(messageId)?.resolve(undefined);
    this.#storedNext.get(client)?.delete(messageId);
    this.#onTheirWay.set(packet.payload as Uint8Array, {
      write: () => {
        inbound.packet = undefined;
        inbound.published = promise;
        if (client.clean === true) return false;
        if (this.#clients.get(client.id)?.get(messageId) !== inbound) return false;
        if (this.#state.journal.isFull) throw noRoom('messages');
        const session = this.#state.obtain(client.id);
        session.received.add(messageId);
        this.#state.journal.write(['receive', session.id, messageId]);
        return true;
      },
      settle: () => {
        resolve(undefined);
        inbound.published = undefined;
      },
      refuse: (error) => {
        const ids = this.#clients.get(client.id);
        if (ids?.get(messageId) === inbound) this.remove(client, messageId);
        reject(error);
      },
    });
    return Promise.resolve();
  }

  /** The id that belongs to a message with this payload, if it is an inbound QoS 2 one. */
  publishing(payload: Buffer | string): Publishing | undefined {
    if (typeof payload === 'string') return undefined;
    const found = this.#onTheirWay.get(payload);
    this.#onTheirWay.delete(payload);
    return found;
  }

  /** The message could not be kept: the same id will be a new one. */
  refuse({ payload }: AedesPublishPacket, error: unknown): never {
    this.publishing(payload)?.refuse(error);
    throw error;
  }

  /** Rejects when the id is unknown, which is what the broker takes for no. */
  async find(client: ClientRef, { cmd, messageId }: InboundRef): Promise<unknown> {
    if (cmd === 'publish') await this.#whatItRepeats(client, messageId);
    const inbound = this.#clients.get(client.id)?.get(messageId);
    if (inbound === undefined) {
      throw new TillgateError('MQTT_REFUSED', `The packet id ${messageId} is not known.`);
    }
    await inbound.published;
    return inbound.packet ?? { messageId };
  }

  /**
   * The broker asks for all packets of a chunk before it stores the first of them, so a repetition in
   * the same chunk has to wait for what it repeats.
   */
  async #whatItRepeats(client: ClientRef, messageId: number): Promise<void> {
    const next = this.#storedNext.get(client) ?? new Map<number, PromiseWithResolvers<undefined>>();
    this.#storedNext.set(client, next);
    const repeated = next.get(messageId);
    if (repeated !== undefined) await repeated.promise;
    const inbound = this.#clients.get(client.id)?.get(messageId);
    if (inbound === undefined) next.set(messageId, Promise.withResolvers<undefined>());
    await inbound?.settled;
  }

  /** True when something was written. */
  remove(client: ClientRef, messageId: number): boolean {
    const ids = this.#clients.get(client.id);
    ids?.delete(messageId);
    if (ids?.size === 0) this.#clients.delete(client.id);
    const session = this.#state.find(client.id);
    if (session?.received.delete(messageId) !== true) return false;
    this.#state.journal.write(['forget', session.id, messageId]);
    return true;
  }

  clear(client: ClientRef): boolean {
    let isWritten = false;
    for (const messageId of this.#clients.get(client.id)?.keys() ?? []) {
      isWritten = this.remove(client, messageId) || isWritten;
    }
    return isWritten;
  }

  #of(id: string): Map<number, Inbound> {
    const known = this.#clients.get(id);
    if (known !== undefined) return known;
    const ids = new Map<number, Inbound>();
    this.#clients.set(id, ids);
    return ids;
  }
}
