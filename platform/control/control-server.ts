/** Answers the control socket of a running process. One request at a time on each connection. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { errnoOf } from '../durable/errno.ts';
import type { Log } from '../logging.ts';
import { claimSocketPath, failureOf, LINE_CHARACTERS_MAX } from './control-socket.ts';
import type { ControlAnswer, ControlRequest } from './control-socket.ts';

export interface ControlServer {
  close(): Promise<void>;
}

export interface ControlServerOptions {
  /** Where the socket should be. */
  path: string;
  /** Runs a verb; parameters are JSON from another process of the same user. */
  run: (verb: string, params: unknown) => Promise<unknown>;
  log: Log;
}

/** A person and a few scripts; more is a mistake. */
const CONNECTIONS_MAX = 32;

export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const path = claimSocketPath(options.path);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void serve(socket, options);
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, path);
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      rmSync(path, { force: true });
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  // The umask is the process's own business; the mode is set before anybody is told of the path.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
}

async function serve(socket: Socket, options: ControlServerOptions): Promise<void> {
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > LINE_CHARACTERS_MAX) socket.destroy();
  });
  socket.on('error', (error) => {
    // A caller that went away before its answer is its own affair.
    options.log.debug({ errno: errnoOf(error) }, 'control connection ended');
  });
  for await (const line of createInterface({ input: socket })) {
    received = 0;
    const answer = await answerTo(line, options);
    if (socket.destroyed) return;
    socket.write(`${JSON.stringify(answer)}\n`);
  }
}

async function answerTo(line: string, options: ControlServerOptions): Promise<ControlAnswer> {
  let request: Partial<ControlRequest> = {};
  try {
    request = JSON.parse(line) as Partial<ControlRequest>;
    const verb = String(request.verb);
    const result = await options.run(verb, request.params);
    if (verb !== 'status') options.log.info({ verb }, 'control request done');
    return { id: Number(request.id), ok: true, result };
  } catch (error) {
    const failure = failureOf(error);
    options.log.info({ verb: request.verb, code: failure.code }, 'control request refused');
    return { id: Number(request.id), ok: false, error: failure };
  }
}
