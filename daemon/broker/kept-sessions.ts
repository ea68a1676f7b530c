/**
 * The sessions that outlived their connections. A client that takes a new id at each start and asks
 * for a session to be kept leaves one behind every time; each result would be queued for all of
 * them, for ever. So a device keeps its newest few, and what it left behind longest ago ends.
 */

/** More than the windows of one till; a device needs one for each program that listens. */
export const KEPT_SESSIONS_MAX = 32;

export class KeptSessions {
  readonly #end: (sessionId: string) => void;
  /** By device: its sessions without a connection, the one left longest ago first. */
  readonly #away = new Map<string, Set<string>>();

  /** `end` forgets a session and all that it subscribed. */
  constructor(end: (sessionId: string) => void) {
    this.#end = end;
  }

  cameBack(deviceId: string, sessionId: string): void {
    const away = this.#away.get(deviceId);
    away?.delete(sessionId);
    if (away?.size === 0) this.#away.delete(deviceId);
  }

  left(deviceId: string, sessionId: string): void {
    const away = this.#away.get(deviceId) ?? new Set();
    this.#away.set(deviceId, away);
    away.delete(sessionId);
    away.add(sessionId);
    if (away.size <= KEPT_SESSIONS_MAX) return;
    const [oldest] = away;
    if (oldest === undefined) return;
    away.delete(oldest);
    this.#end(oldest);
  }
}
