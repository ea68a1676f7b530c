/** Ties one admitted connection to intake and results, with packet ids that nothing in flight has. */
import type { Client } from 'aedes';
import type { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';
import { DeviceSession } from '../intake/device-session.ts';
import type { Intake } from '../intake/intake.ts';
import type { ResultSubscribers } from '../intake/result-subscribers.ts';
import { packetIds } from './packet-ids.ts';
import type { Permissions } from './permissions.ts';
import type { SessionKeeper } from './session-keeper.ts';

export function openSession(
  parts: { intake: Intake; subscribers: ResultSubscribers; sessions: SessionKeeper },
  entry: {
    client: Client;
    connection: GuardedConnection;
    deviceId: string;
    permissions: Permissions;
  },
): DeviceSession {
  const { client, connection, deviceId, permissions } = entry;
  const session: DeviceSession = new DeviceSession({
    ...{ connection, deviceId, intake: parts.intake },
    nextPacketId: packetIds(client, (id) => {
      return session.awaits(id) || parts.sessions.isInFlight(client.id, id);
    }),
    mayRead: (topic) => permissions.maySubscribe(topic),
    publishResult: (id, payload) => parts.subscribers.publish(id, payload),
  });
  return session;
}
