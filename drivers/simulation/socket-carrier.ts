/**
 * A simulated device that listens: on TCP as a printer with a network card does, or with packets on
 * a Unix socket in place of a hidraw device (see transport/packet-socket.ts). It serves one gateway;
 * a newer connection ends the older, whose gateway may be dead without having said so.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createUnpacker, framePacket } from '../transport/packet-socket.ts';
import { UNREAD_BYTES_MAX } from './carrier.ts';
import type { CarrierEvents, SimulationCarrier } from './carrier.ts';

export function createTcpCarrier(where: { host: string; port: number }): SimulationCarrier {
  return new SocketCarrier(where);
}

export function createPacketCarrier(path: string): SimulationCarrier {
  return new SocketCarrier({ path });
}

class SocketCarrier implements SimulationCarrier {
  #where: { readonly host: string; readonly port: number } | { readonly path: string };
  #server: Server | undefined;
  #socket: Socket | undefined;

  constructor(where: { host: string; port: number } | { path: string }) {
    this.#where = where;
  }

  get address(): string {
    if ('path' in this.#where) return `hidraw:${this.#where.path}`;
    return `tcp://${this.#where.host}:${this.#where.port}`;
  }

  async plug(events: CarrierEvents): Promise<void> {
    const where = this.#where;
    // What a killed simulator left behind would only be in the way.
    if ('path' in where) rmSync(where.path, { force: true });
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket, events));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(where, resolve);
    });
    // Plugged in again it has the port it was given the first time.
    if ('port' in where) {
      this.#where = { host: where.host, port: (server.address() as AddressInfo).port };
    }
  }

  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#socket?.destroy();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  send(bytes: Uint8Array): void {
    if (this.#socket === undefined || this.#socket.writableLength > UNREAD_BYTES_MAX) return;
    this.#socket.write('path' in this.#where ? framePacket(bytes) : bytes);
  }

  #accept(socket: Socket, events: CarrierEvents): void {
    this.#socket?.destroy();
    this.#socket = socket;
    // The gateway's way of ending is no business of the device.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    const receive = 'path' in this.#where ? createUnpacker(events.received) : events.received;
    socket.on('data', receive);
    events.connected();
  }
}
