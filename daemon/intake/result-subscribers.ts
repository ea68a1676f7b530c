/**
 * Who hears the results of which device. Results go straight from the ledger's answer to the
 * sockets: through the broker each would cost a match over all subscriptions, several packets, a
 * persistence round and four callbacks, which is more than everything else a sale costs here.
 *
 * What the broker's own delivery means is kept: a connection gets a result once, whichever of its
 * filters match, at no more than the QoS it was granted; a session that outlives its connection gets
 * what it missed when it comes back, through the broker's persistence.
 */
import { resultTopic, topicMatches } from '../../protocol/topics.ts';
import type { DeviceSession, SentResult } from './device-session.ts';

/** Puts a result into the queue of a session whose connection is gone. */
export type Enqueue = (sessionId: string, result: SentResult) => void;

interface Target {
  session: DeviceSession;
  qos: 0 | 1;
}

interface Audience {
  topic: string;
  topicBytes: Uint8Array;
  live: Target[];
  /** Sessions without a connection. */
  offline: string[];
}

type Filters = Map<string, 0 | 1 | 2>;

export class ResultSubscribers {
  readonly #enqueue: Enqueue;
  readonly #live = new Map<DeviceSession, Filters>();
  readonly #offline = new Map<string, Filters>();
  /** The connection that a session has now. */
  readonly #current = new Map<string, DeviceSession>();
  /** Rebuilt when a subscription changes; devices are a small, closed set. */
  readonly #audiences = new Map<string, Audience>();

  constructor(enqueue: Enqueue) {
    this.#enqueue = enqueue;
  }

  /** A subscription was granted to a connection. */
  subscribed(session: DeviceSession, filter: string, qos: 0 | 1 | 2): void {
    if (!couldMatchResults(filter)) return;
    const filters = this.#live.get(session) ?? new Map<string, 0 | 1 | 2>();
    filters.set(filter, qos);
    this.#live.set(session, filters);
    this.#forget(filter);
  }

  unsubscribed(session: DeviceSession, filter: string): void {
    if (this.#live.get(session)?.delete(filter) === true) this.#forget(filter);
  }

  /** A session that the broker kept has no connection yet; `filters` is what it subscribed. */
  restored(sessionId: string, filters: ReadonlyMap<string, 0 | 1 | 2>): void {
    const kept = [...filters].filter(([filter, qos]) => qos > 0 && couldMatchResults(filter));
    if (kept.length > 0) this.#offline.set(sessionId, new Map(kept));
    this.#audiences.clear();
  }

  /** A session has a connection; its subscriptions are granted anew, or it starts afresh. */
  cameBack(sessionId: string, session: DeviceSession): void {
    this.#current.set(sessionId, session);
    if (this.#offline.delete(sessionId)) this.#audiences.clear();
  }

  /** The connection is gone; with `sessionIsKept` its session stays and must miss nothing. */
  left(session: DeviceSession, sessionId: string, sessionIsKept: boolean): void {
    const filters = this.#live.get(session);
    this.#live.delete(session);
    if (filters !== undefined) for (const filter of filters.keys()) this.#forget(filter);
    // A newer connection may have taken the session over before this one was gone.
    const hasSuccessor = this.#current.get(sessionId) !== session;
    if (!hasSuccessor) this.#current.delete(sessionId);
    if (!sessionIsKept) return;
    for (const result of session.unacknowledged) this.#enqueue(sessionId, result);
    const kept = [...(filters ?? [])].filter(([, qos]) => qos > 0);
    if (kept.length > 0 && !hasSuccessor) this.#offline.set(sessionId, new Map(kept));
    for (const [filter] of kept) this.#forget(filter);
  }

  /** True while a connection holds the session. */
  isHeld(sessionId: string): boolean {
    return this.#current.has(sessionId);
  }

  /** The session ended while its connection was gone. */
  ended(sessionId: string): void {
    if (this.#offline.delete(sessionId)) this.#audiences.clear();
  }

  /** Gives the number of sessions that it went to. */
  publish(deviceId: string, payload: Uint8Array): number {
    const audience = this.#audienceOf(deviceId);
    const result: SentResult = { topic: audience.topic, payload };
    for (const { session, qos } of audience.live) {
      session.sendResult(result, audience.topicBytes, qos);
    }
    for (const sessionId of audience.offline) this.#enqueue(sessionId, result);
    return audience.live.length + audience.offline.length;
  }

  #audienceOf(deviceId: string): Audience {
    const known = this.#audiences.get(deviceId);
    if (known !== undefined) return known;
    const topic = resultTopic(deviceId);
    const audience: Audience = {
      topic,
      topicBytes: Buffer.from(topic, 'utf8'),
      live: [],
      offline: [],
    };
    for (const [session, filters] of this.#live) {
      const qos = grantedFor(topic, filters);
      if (qos !== undefined && session.mayRead(topic)) audience.live.push({ session, qos });
    }
    for (const [sessionId, filters] of this.#offline) {
      if (grantedFor(topic, filters) !== undefined) audience.offline.push(sessionId);
    }
    this.#audiences.set(deviceId, audience);
    return audience;
  }

  /** Only the audience of one device changes where the filter names it. */
  #forget(filter: string): void {
    const [, deviceId] = filter.split('/');
    if (deviceId === undefined || deviceId === '+' || deviceId === '#' || !isOwnRoot(filter)) {
      this.#audiences.clear();
    } else {
      this.#audiences.delete(deviceId);
    }
  }
}

function isOwnRoot(filter: string): boolean {
  return filter.startsWith('transactions/');
}

function couldMatchResults(filter: string): boolean {
  return isOwnRoot(filter) || filter.startsWith('#') || filter.startsWith('+');
}

/** The highest QoS over all filters that match ([MQTT-3.3.5-1]), results being sent at 1 at most. */
function grantedFor(topic: string, filters: Filters): 0 | 1 | undefined {
  let granted: 0 | 1 | undefined;
  for (const [filter, qos] of filters) {
    if (!topicMatches(filter, topic)) continue;
    if (qos > 0) return 1;
    granted = 0;
  }
  return granted;
}
