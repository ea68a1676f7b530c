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
 * The broker's own sequence, so that its messages and ours never share an id, with what is in flight
 * left out ([MQTT-2.3.1-4]): of a kept session that may be messages of an earlier connection, or of
 * before a restart. A session without a past starts at 1; one that is kept goes on at a random place.
 */
export function packetIds(client: Client, isInUse: (packetId: number) => boolean): () => number {
  const internals = client as unknown as ClientInternals;
  assert(Number.isInteger(internals._nextId), 'aedes keeps the next packet id in _nextId');
  let next = client.clean ? 1 : internals._nextId;
  const free = (): number => {
    // Far fewer are ever in flight than there are ids; a full circle would mean they all are.
    for (let tried = 0; tried < PACKET_ID_MAX && isInUse(next); tried += 1) next = after(next);
    return next;
  };
  Object.defineProperty(internals, '_nextId', {
    get: free,
    set: (value: number) => {
      next = value > PACKET_ID_MAX ? 1 : value;
    },
  });
  return () => {
    const id = free();
    next = after(id);
    return id;
  };
}

function after(packetId: number): number {
  return packetId >= PACKET_ID_MAX ? 1 : packetId + 1;
}
