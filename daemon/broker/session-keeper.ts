/**
 * The life of kept sessions, in one place for all who know of them: the persistence, the audience of
 * results, and the bounds. A session ends with a clean CONNECT, with its device, when its device
 * leaves too many behind, and after thirty days without a connection.
 */
import type { AedesPublishPacket, Client } from 'aedes';
import type { DeviceSession } from '../intake/device-session.ts';
import type { ResultSubscribers } from '../intake/result-subscribers.ts';
import { KeptSessions } from './kept-sessions.ts';
import { deviceOf } from './session-name.ts';
import type { KeptPersistence } from './state/kept-persistence.ts';
import type { KeptState } from './state/kept-state.ts';
import type { OutgoingPacket } from './state/persistence-contract.ts';

/**
 * Longer than any device is away that will come back. Counted in hours that the gateway ran, for a
 * clock that jumps must not end the sessions of a store.
 */
export const AWAY_HOURS_MAX = 30 * 24;
const HOUR_MS = 3_600_000;

export interface SessionKeeperOptions {
  state: KeptState;
  persistence: KeptPersistence;
  subscribers: ResultSubscribers;
  isKnownDevice: (deviceId: string) => boolean;
}

export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #kept = new KeptSessions((sessionId) => this.#end(sessionId));
  readonly #timer = setInterval(() => this.hourPassed(), HOUR_MS);

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#timer.unref();
  }

  /** Takes up what the file held: all are away, those of devices that are no more end. */
  async restore(): Promise<void> {
    const { state, persistence, subscribers, isKnownDevice } = this.#options;
    const sessions = [...state.sessions].sort((a, b) => (a.leftHour ?? 0) - (b.leftHour ?? 0));
    for (const session of sessions) {
      if (!isKnownDevice(deviceOf(session.name))) {
        this.#end(session.name);
        continue;
      }
      const filters = await persistence.subscriptionsByClient({ id: session.name });
      subscribers.restored(
        session.name,
        new Map(filters.map(({ topic, qos }) => [topic, qos] as const)),
      );
      this.#kept.left(deviceOf(session.name), session.name);
    }
    this.#endOverdue();
  }

  /** Without room on the disk a kept session gets no new filters; those it has go on. */
  canKeep(client: Client, filter: string): boolean {
    const { state } = this.#options;
    return (
      client.clean || !state.journal.isFull || state.find(client.id)?.filters.has(filter) === true
    );
  }

  /** Is there a session to go on with? From now on there is, if it is to be kept ([MQTT-3.2.2-2]). */
  resumes(client: Client): boolean {
    const { state } = this.#options;
    if (client.clean) return false;
    const isPresent = state.find(client.id) !== undefined;
    if (!isPresent && !state.journal.isFull) state.obtain(client.id);
    return isPresent;
  }

  cameBack(client: Client, session: DeviceSession): void {
    this.#options.subscribers.cameBack(client.id, session);
    this.#kept.cameBack(session.deviceId, client.id);
    if (!client.clean) this.#options.persistence.queues.cameBack(client.id);
  }

  left(client: Client, session: DeviceSession): void {
    const { subscribers, persistence, isKnownDevice } = this.#options;
    subscribers.left(session, client.id, !client.clean);
    if (client.clean || subscribers.isHeld(client.id)) return;
    persistence.queues.left(client.id);
    if (isKnownDevice(session.deviceId)) this.#kept.left(session.deviceId, client.id);
    else this.#end(client.id);
  }

  /** The message stands in the session's queue, and others are sent before it. */
  mustWait(sessionId: string, packet: AedesPublishPacket): boolean {
    // What comes out of the queue has its packet id already.
    if ((packet as { messageId?: number }).messageId !== undefined) return false;
    return this.#options.persistence.queues.mustWait(sessionId, packet as OutgoingPacket);
  }

  isInFlight(sessionId: string, packetId: number): boolean {
    return this.#options.persistence.queues.isInFlight(sessionId, packetId);
  }

  /** The device was revoked: nothing of its sessions stays. */
  endDevice(deviceId: string): void {
    for (const { name } of [...this.#options.state.sessions]) {
      if (deviceOf(name) === deviceId) this.#end(name);
    }
  }

  hourPassed(): void {
    this.#options.state.hourPassed();
    this.#endOverdue();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #endOverdue(): void {
    const { state } = this.#options;
    for (const { name, leftHour } of [...state.sessions]) {
      if (leftHour === undefined || state.hours - leftHour <= AWAY_HOURS_MAX) continue;
      this.#kept.cameBack(deviceOf(name), name);
      this.#end(name);
    }
  }

  #end(sessionId: string): void {
    this.#options.subscribers.ended(sessionId);
    // A full disk keeps what was written for later; the session is gone from memory at once.
    void this.#options.persistence.cleanSubscriptions({ id: sessionId }).catch(() => undefined);
  }
}
