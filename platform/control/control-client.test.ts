/** Goal: whoever asks hears something in the end. Method: sockets that answer, hang up, or say nothing. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import { connectControl } from './control-client.ts';

/** Short: the length of the path of a socket is bounded. */
async function listening(t: Test, onLine: (socket: Socket) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-'));
  const path = join(folder, 'control.sock');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => onLine(socket));
  });
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

void t.test('an answer, a hang-up, silence, and nobody', async (t) => {
  const answering = await listening(t, (socket) => {
    socket.write('{"id":1,"ok":true,"result":{"running":true}}\n');
  });
  const client = must(await connectControl(answering), 'somebody listens');
  t.same(await client.call('status', {}), { running: true });
  client.close();

  const leavingPath = await listening(t, (socket) => socket.destroy());
  const leaving = must(await connectControl(leavingPath), 'somebody listens');
  await t.rejects(leaving.call('status', {}), { code: 'CONTROL_TIMEOUT' });

  const silentPath = await listening(t, () => undefined);
  const silent = must(await connectControl(silentPath, 10), 'somebody listens');
  await t.rejects(silent.call('status', {}), { code: 'CONTROL_TIMEOUT' });

  t.equal(await connectControl(join(tmpdir(), 'tillgate-nobody', 'control.sock')), undefined);
});
