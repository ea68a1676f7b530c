import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import { CuttableLink } from './cuttable-link.ts';

async function echoServer() {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function echoes(socket: Socket, text: string): Promise<boolean> {
  socket.write(text);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString() === text;
}

void t.test(
  'a cut ends what is open and refuses what comes; mended, it carries again',
  async (t) => {
    const { server, port } = await echoServer();
    const link = new CuttableLink();
    const linkPort = await link.open();
    link.leadTo({ host: '127.0.0.1', port });
    t.teardown(async () => {
      await link.close();
      server.close();
    });

    const first = connect(linkPort, '127.0.0.1');
    first.on('error', () => undefined);
    t.ok(await echoes(first, 'before'));
    const closed = once(first, 'close');
    link.cut();
    await closed;

    const during = connect(linkPort, '127.0.0.1');
    during.on('error', () => undefined);
    await once(during, 'close');
    t.equal(during.bytesRead, 0);

    link.mend();
    const after = connect(linkPort, '127.0.0.1');
    t.ok(await echoes(after, 'after'));
    after.destroy();
  },
);
