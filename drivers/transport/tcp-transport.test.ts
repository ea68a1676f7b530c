import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import type { Schedule } from '../../platform/schedule.ts';
import { openTcp } from './tcp-transport.ts';

async function serve(t: Test, serve: (socket: Socket) => void, host = '127.0.0.1') {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { kind: 'tcp', host, port: (server.address() as AddressInfo).port } as const;
}

void t.test('a device that closes the connection, or resets it, is unplugged', async (t) => {
  const closing = await openTcp(await serve(t, (socket) => void socket.end()));
  t.match(await closing.closed, {
    reason: 'unplugged',
    error: { message: /closed the connection/ },
  });
  const reset = (socket: Socket): void => void socket.once('data', () => socket.resetAndDestroy());
  const resetting = await openTcp(await serve(t, reset));
  await resetting.write(Uint8Array.of(1));
  t.equal((await resetting.closed).reason, 'unplugged');
});

void t.test('a port where nothing listens says so, and what printers do', async (t) => {
  await t.rejects(openTcp({ kind: 'tcp', host: '127.0.0.1', port: 9 }), {
    code: 'TRANSPORT_ABSENT',
    message: /refused the connection/,
    hint: /one computer at a time/,
    retryable: true,
  });
});

void t.test('a host that does not answer is given up in time, or when called off', async (t) => {
  const address = await serve(t, () => undefined);
  const atOnce: Schedule = (callback) => {
    callback();
    return () => undefined;
  };
  await t.rejects(openTcp(address, { schedule: atOnce }), {
    code: 'TRANSPORT_ABSENT',
    message: /within 5 s/,
  });
  const controller = new AbortController();
  const opening = openTcp(address, { signal: controller.signal });
  controller.abort();
  await t.rejects(opening, { code: 'TRANSPORT_CLOSED' });
});

void t.test('IPv6 is spoken', async (t) => {
  const address = await serve(t, (socket) => void socket.pipe(socket), '::1').catch(
    () => undefined,
  );
  if (address === undefined) {
    t.comment('this machine has no IPv6');
    return;
  }
  const port = await openTcp(address);
  t.equal(port.address, `tcp://[::1]:${address.port}`);
  const heard = new Promise((resolve) => port.onData(resolve));
  await port.write(Uint8Array.of(1, 2));
  t.same(await heard, Buffer.from([1, 2]));
  await port.close();
});
