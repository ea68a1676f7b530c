/** The device's end of each kind of port that needs neither root nor a daemon. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { openPseudoTerminal } from '../../drivers/simulation/pseudo-terminal.ts';
import { createUnpacker, framePacket } from '../../drivers/transport/packet-socket.ts';
import type { TransportRig } from '../../drivers/transport/transport-contract.ts';
import { ownFolder } from '../support/own-folder.ts';

/** A terminal whose link is the device file; `scheme` is how the gateway opens it. */
export async function terminalRig(t: Test, scheme: 'serial' | 'lp' | 'hidraw') {
  const path = join(ownFolder(t), 'port');
  const chunks: Uint8Array[] = [];
  const waiting: Uint8Array[] = [];
  let isOpen = false;
  const terminal = await openPseudoTerminal(path, {
    received: (bytes) => void chunks.push(bytes),
    // What is sent before the port is open would be lost, as on a real line.
    opened: () => {
      isOpen = true;
      for (const bytes of waiting.splice(0)) terminal.send(bytes);
    },
    closed: () => {
      isOpen = false;
    },
  });
  return {
    address: `${scheme}:${path}`,
    path,
    send: (bytes) => {
      if (isOpen) terminal.send(bytes);
      else waiting.push(bytes);
    },
    received: () => Buffer.concat(chunks),
    stall: () => terminal.setReading(false),
    unplug: () => terminal.hangUp(),
    close: () => terminal.hangUp(),
  } satisfies TransportRig & { path: string };
}

export function tcpRig(): Promise<TransportRig> {
  return socketRig({ host: '127.0.0.1', port: 0 }, false);
}

/** Not in the test's own folder: the path of a socket has to be short. */
export function packetRig(t: Test): Promise<TransportRig> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  return socketRig({ path: join(folder, 'device') }, true);
}

async function socketRig(
  where: { path: string } | { host: string; port: number },
  isPackets: boolean,
): Promise<TransportRig> {
  const sockets: Socket[] = [];
  const chunks: Uint8Array[] = [];
  const waiting: Uint8Array[] = [];
  const keep = (bytes: Uint8Array): void => void chunks.push(bytes);
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', isPackets ? createUnpacker(keep) : keep);
    for (const bytes of waiting.splice(0)) socket.write(bytes);
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const address =
    'path' in where
      ? `hidraw:${where.path}`
      : `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    send: (bytes) => {
      const sent = isPackets ? framePacket(bytes) : bytes;
      const socket = sockets.at(-1);
      if (socket === undefined) waiting.push(sent);
      else socket.write(sent);
    },
    received: () => Buffer.concat(chunks),
    stall: () => {
      for (const socket of sockets) socket.pause();
      server.on('connection', (socket) => socket.pause());
    },
    unplug: close,
    close,
  };
}
