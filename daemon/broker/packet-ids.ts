/**
 * Packet ids for what is sent beside the broker. Relies on aedes 1.2: `client._nextId` is the
 * sequence of packet ids for messages to that client.
 */
import type { Client } from 'aedes';
import { assert } from '../../protocol/must.ts';

const PACKET_ID_MAX = 65_535;

interface ClientInternals {
  _nextId: number;
}

/**
 * The broker's own sequence, so that its messages and ours never share an id. A session without a
 * past has used none and starts at 1; one that is kept goes on at a random place, where no message of
 * its past is likely to stand.
 */
export function packetIds(client: Client): () => number {
  const internals = client as unknown as ClientInternals;
  assert(Number.isInteger(internals._nextId), 'aedes keeps the next packet id in _nextId');
  if (client.clean) internals._nextId = 1;
  return () => {
    const id = internals._nextId;
    internals._nextId = id >= PACKET_ID_MAX ? 1 : id + 1;
    return id;
  };
}
