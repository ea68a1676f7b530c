/**
 * The broker's memory of kept sessions as an image in memory, of which every change goes to the
 * journal in the same turn. Reads are immediate; whoever acknowledges something waits for
 * `journal.durable()`.
 *
 * Bounds: messages and bytes for each session and over all; the oldest message goes first, of the
 * session at hand or of the device that holds the most (largest-holder.ts).
 */
import { must } from '../../../protocol/must.ts';
import { BodyCache } from './body-cache.ts';
import type { BrokerJournal } from './broker-journal.ts';
import type { Body, StoredState } from './broker-changes.ts';
import { loadSessions, newSession } from './kept-session.ts';
import type { KeptSession } from './kept-session.ts';
import { largestHolder } from './largest-holder.ts';
import { costOf } from './session-queue.ts';
import type { QueuedMessage, SessionQueue, SharedBody } from './session-queue.ts';

export interface KeptStateLimits {
  queueItemsMax: number;
  queueBytesMax: number;
  totalItemsMax: number;
  totalBytesMax: number;
}

export const DEFAULT_KEPT_STATE_LIMITS: KeptStateLimits = {
  // Weeks of feeds for a device that is away; a record of each stays in memory.
  queueItemsMax: 131_072,
  queueBytesMax: 128 * 1024 * 1024,
  totalItemsMax: 262_144,
  // What the disk of a small box can spare beside the ledger.
  totalBytesMax: 256 * 1024 * 1024,
};

/** Where a message is from, for the broker. */
export interface MessageName {
  brokerId: string;
  brokerCounter: number;
}

export class KeptState {
  readonly journal: BrokerJournal;
  readonly #limits: KeptStateLimits;
  readonly #onDropped: (sessionName: string) => void;
  /** In the order of their last new message. */
  readonly #sessions: Map<string, KeptSession>;
  readonly #cache = new BodyCache();
  #nextSession = 1;
  #nextPosition = 1;
  #nextBody: number;
  #totalItems = 0;
  #totalBytes = 0;
  #hours: number;

  constructor(options: {
    journal: BrokerJournal;
    state: StoredState;
    limits: KeptStateLimits;
    /** A session's oldest message was pushed out by newer ones. */
    onDropped: (sessionName: string) => void;
  }) {
    const { state } = options;
    this.journal = options.journal;
    this.#limits = options.limits;
    this.#onDropped = options.onDropped;
    this.#nextBody = state.lastBody + 1;
    this.#hours = state.hours;
    this.#sessions = loadSessions(state);
    for (const { id, queue } of this.#sessions.values()) {
      this.#nextSession = Math.max(this.#nextSession, id + 1);
      for (const message of queue.messages()) {
        this.#nextPosition = Math.max(this.#nextPosition, message.position + 1);
        this.#totalItems += 1;
        this.#totalBytes += costOf(message);
      }
    }
  }

  get sessions(): Iterable<KeptSession> {
    return this.#sessions.values();
  }

  get hours(): number {
    return this.#hours;
  }

  get totals(): { messages: number; bytes: number } {
    return { messages: this.#totalItems, bytes: this.#totalBytes };
  }

  find(name: string): KeptSession | undefined {
    return this.#sessions.get(name);
  }

  /** The session, made where there is none yet. */
  obtain(name: string): KeptSession {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const session = newSession({ id: this.#nextSession++, name, leftHour: undefined });
    this.#sessions.set(name, session);
    this.journal.write(['addSession', session.id, name, null]);
    return session;
  }

  /** Forgets the session and all that is its own. */
  end(session: KeptSession): void {
    for (const message of session.queue.messages()) this.#forget(session, message);
    session.queue.wake();
    this.#sessions.delete(session.name);
    this.journal.write(['endSession', session.id]);
  }

  cameBack(session: KeptSession): void {
    session.leftHour = undefined;
    if (!this.journal.isFull) this.journal.write(['markSession', null, session.id]);
  }

  left(session: KeptSession): void {
    session.leftHour = this.#hours;
    session.queue.wake();
    // A full disk costs a mark, which only means that the session may stay longer.
    if (!this.journal.isFull) this.journal.write(['markSession', this.#hours, session.id]);
  }

  /** Another hour was run through; nothing is written while there is nothing to keep. */
  hourPassed(): void {
    this.#hours += 1;
    if (this.#sessions.size > 0 && !this.journal.isFull) {
      this.journal.write(['setHours', this.#hours]);
    }
  }

  /** Takes in a body that sessions will wait for. */
  addBody(body: Body): SharedBody {
    const id = this.#nextBody++;
    const payload = ownCopy(body.payload);
    this.#cache.put(id, typeof body.payload === 'string' ? body : { ...body, payload });
    this.journal.write(['addBody', id, body.topic, payload]);
    return { id, bytes: body.topic.length + payload.length, holders: 0 };
  }

  enqueue(session: KeptSession, body: SharedBody, message: MessageName & { qos: 1 | 2 }): void {
    body.holders += 1;
    const { brokerId, brokerCounter, qos } = message;
    const queued: QueuedMessage = {
      ...{ position: this.#nextPosition++, body, qos, packetId: 0 },
      ...{ brokerId, brokerCounter, isInDrain: false },
    };
    this.#sessions.delete(session.name);
    this.#sessions.set(session.name, session);
    this.journal.write(['enqueue', session.id, queued.position, body.id, qos, body.bytes]);
    this.#count(session, queued);
    this.#keepBounds(session);
  }

  assign(session: KeptSession, message: QueuedMessage, packetId: number): void {
    session.queue.assign(message, packetId);
    if (!this.journal.isFull) {
      this.journal.write(['assign', packetId, session.id, message.position]);
    }
  }

  release(session: KeptSession, message: QueuedMessage): void {
    const body = session.queue.release(message);
    if (body === undefined) return;
    this.#totalBytes -= body.bytes;
    this.journal.write(['release', session.id, message.position]);
    this.#letGo(body);
  }

  remove(session: KeptSession, message: QueuedMessage): void {
    this.journal.write(['dequeue', session.id, message.position]);
    this.#forget(session, message);
  }

  /** A body that is in memory. */
  recentBody(body: SharedBody): Body | undefined {
    return this.#cache.get(body.id);
  }

  /** Bodies from memory or disk, by id; one that is on neither is missing. */
  async bodies(messages: readonly QueuedMessage[]): Promise<Map<number, Body>> {
    const ids = messages.flatMap(({ body }) => (body === undefined ? [] : [body.id]));
    const found = new Map<number, Body>();
    for (const id of ids) {
      const body = this.#cache.get(id);
      if (body !== undefined) found.set(id, body);
    }
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;
    for (const [id, body] of await this.journal.readBodies(missing)) {
      found.set(id, { topic: body.topic, payload: Buffer.from(body.payload as Uint8Array) });
    }
    return found;
  }

  #count(session: KeptSession, message: QueuedMessage): void {
    session.queue.add(message);
    this.#totalItems += 1;
    this.#totalBytes += costOf(message);
  }

  #forget(session: KeptSession, message: QueuedMessage): void {
    if (!session.queue.has(message)) return;
    this.#totalItems -= 1;
    this.#totalBytes -= costOf(message);
    session.queue.remove(message);
    if (message.body !== undefined) this.#letGo(message.body);
  }

  #letGo(body: SharedBody): void {
    body.holders -= 1;
    if (body.holders > 0) return;
    this.#cache.drop(body.id);
    this.journal.write(['dropBody', body.id]);
  }

  #keepBounds(session: KeptSession): void {
    const { queueItemsMax, queueBytesMax, totalItemsMax, totalBytesMax } = this.#limits;
    while (session.queue.size > queueItemsMax || session.queue.bytes > queueBytesMax) {
      this.#dropOldest(session);
    }
    while (this.#totalItems > totalItemsMax) this.#dropOfLargest(({ size }) => size);
    while (this.#totalBytes > totalBytesMax) this.#dropOfLargest(({ bytes }) => bytes);
  }

  #dropOldest(session: KeptSession): void {
    this.remove(session, must(session.queue.oldest, 'a queue over its bound holds something'));
    this.#onDropped(session.name);
  }

  #dropOfLargest(measure: (queue: SessionQueue) => number): void {
    const holder = largestHolder(this.#sessions.values(), measure);
    this.#dropOldest(must(holder, 'what is over the bound waits somewhere'));
  }
}

/** Memory of its own: a view of a chunk or pool would keep all of that alive, and be sent with it. */
function ownCopy(payload: Uint8Array | string): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
