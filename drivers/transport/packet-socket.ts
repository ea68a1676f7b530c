/**
 * Packets over a Unix socket, in place of a hidraw device: `hidraw:/path/of/a/socket` is a simulated
 * one. Each packet is one HID report, written as two bytes of length (big-endian) and the report, so
 * that its boundaries survive a stream.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { OpenPort } from './open-port.ts';
import { endOf, openFailure, unplugged } from './transport-failures.ts';
import type { Transport } from './transport.ts';

const LENGTH_BYTES = 2;
const PACKET_BYTES_MAX = 0xffff;

export async function openPacketSocket(
  file: { readonly address: string; readonly path: string },
  schedule: Schedule = systemSchedule,
): Promise<Transport> {
  const socket = connect(file.path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
  } catch (error) {
    throw await openFailure(file.address, error, file.path);
  }
  return new PacketSocketTransport(file.address, socket, schedule);
}

class PacketSocketTransport extends OpenPort {
  constructor(address: string, socket: Socket, schedule: Schedule) {
    super(
      address,
      {
        write: async (bytes) => {
          const framed = framePacket(bytes);
          await new Promise<void>((resolve, reject) => {
            socket.write(framed, (error) => {
              if (error === undefined || error === null) resolve();
              else reject(error);
            });
          });
        },
        release: () =>
          new Promise((resolve) => {
            if (socket.closed) resolve();
            else socket.once('close', () => resolve()).destroy();
          }),
      },
      schedule,
    );
    const unpack = createUnpacker((packet) => this.received(packet));
    socket.on('data', unpack);
    socket.on('error', (error) => this.finish(endOf(address, error)));
    socket.on('close', () => this.finish(unplugged(address, 'the simulated device went away')));
  }
}

/** Throws `TRANSPORT_FAULT` for what no report is. */
export function framePacket(packet: Uint8Array): Uint8Array {
  if (packet.length > PACKET_BYTES_MAX) {
    const message = `A packet of ${packet.length} bytes is larger than ${PACKET_BYTES_MAX}.`;
    throw new TillgateError('TRANSPORT_FAULT', message);
  }
  const framed = new Uint8Array(LENGTH_BYTES + packet.length);
  new DataView(framed.buffer).setUint16(0, packet.length);
  framed.set(packet, LENGTH_BYTES);
  return framed;
}

/** Takes chunks cut anywhere and gives whole packets; holds at most one that is not whole. */
export function createUnpacker(give: (packet: Uint8Array) => void): (chunk: Uint8Array) => void {
  let held: Uint8Array = new Uint8Array();
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + ((held[0] ?? 0) << 8) + (held[1] ?? 0);
      if (held.length < end) break;
      give(held.slice(LENGTH_BYTES, end));
      held = held.subarray(end);
    }
    held = held.slice();
  };
}
