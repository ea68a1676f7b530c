/** The hook that lets a PUBACK go: the broker has done with the message, so it is safe wherever it waits. */
import type { AedesOptions } from 'aedes';
import { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';

type Published = Exclude<AedesOptions['published'], undefined>;

export const allowAcknowledgement: Published = (packet, client, done) => {
  const { messageId } = packet as { messageId?: number };
  // The broker's own messages have no client, whatever its types say.
  const connection = (client as Partial<typeof client> | null)?.conn;
  if (messageId !== undefined && connection instanceof GuardedConnection) {
    connection.output.allow(messageId);
  }
  done(null);
};
