/** One kept session in memory, and all of them as they are read from the file. */
import { QUEUED_COLUMNS } from './broker-changes.ts';
import type { StoredState } from './broker-changes.ts';
import { SessionQueue, STORED_BROKER_ID } from './session-queue.ts';
import type { SharedBody } from './session-queue.ts';

export interface KeptSession {
  readonly id: number;
  readonly name: string;
  readonly queue: SessionQueue;
  /** Packet ids of inbound QoS 2 messages whose release has not come. */
  readonly received: Set<number>;
  readonly filters: Set<string>;
  hasWill: boolean;
  /** The running hour at which its connection went; undefined while it has one. */
  leftHour: number | undefined;
}

/** By name. Who had a connection when the process ended has none now. */
export function loadSessions(state: StoredState): Map<string, KeptSession> {
  const byId = new Map<number, KeptSession>();
  for (const { id, name, leftHour } of state.sessions) {
    byId.set(id, newSession({ id, name, leftHour: leftHour ?? state.hours }));
  }
  for (const { session, filter } of state.filters) byId.get(session)?.filters.add(filter);
  for (const { session, packetId } of state.received) byId.get(session)?.received.add(packetId);
  for (const { session } of state.wills) {
    const kept = byId.get(session);
    if (kept !== undefined) kept.hasWill = true;
  }
  loadQueues(state.queued, byId);
  return new Map([...byId.values()].map((session) => [session.name, session]));
}

function loadQueues(rows: Float64Array, byId: ReadonlyMap<number, KeptSession>): void {
  const bodies = new Map<number, SharedBody>();
  for (let at = 0; at < rows.length; at += QUEUED_COLUMNS) {
    const [id = 0, position = 0, bodyId = 0, qos, packetId = 0, isReleased, bytes = 0] =
      rows.subarray(at, at + QUEUED_COLUMNS);
    let body: SharedBody | undefined;
    if (isReleased !== 1) {
      body = bodies.get(bodyId) ?? { id: bodyId, bytes, holders: 0 };
      body.holders += 1;
      bodies.set(bodyId, body);
    }
    byId.get(id)?.queue.add({
      ...{ position, body, qos: qos === 2 ? 2 : 1, packetId },
      ...{ brokerId: STORED_BROKER_ID, brokerCounter: position, isInDrain: false },
    });
  }
}

export function newSession(session: Pick<KeptSession, 'id' | 'name' | 'leftHour'>): KeptSession {
  return {
    ...session,
    ...{ hasWill: false, queue: new SessionQueue() },
    ...{ received: new Set<number>(), filters: new Set<string>() },
  };
}
