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

/** The broker's own sequence, so that its messages and ours never share an id. */
export function packetIds(client: Client): () => number {
  const internals = client as unknown as ClientInternals;
  assert(Number.isInteger(internals._nextId), 'aedes keeps the next packet id in _nextId');
  return () => {
    const id = internals._nextId;
    internals._nextId = id >= PACKET_ID_MAX ? 1 : id + 1;
    return id;
  };
}
