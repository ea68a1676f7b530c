/** A mosquitto of the test's own on loopback, without logins, which can go away and come back. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { findTool } from './need-tool.ts';

const START_ATTEMPTS = 200;
const START_WAIT_MS = 50;

export class MosquittoUnderTest {
  readonly port: number;
  #child: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** Needs the tool `mosquitto`; ask `needTool` first. Runs nothing yet. */
  static async onFreePort(): Promise<MosquittoUnderTest> {
    return new MosquittoUnderTest(await freePort());
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Resolves when it accepts connections. */
  async start(): Promise<void> {
    const program = must(findTool('mosquitto'), 'needTool found it');
    // Without a configuration it serves loopback only, and anybody there.
    const child = spawn(program, ['-p', String(this.port)], { stdio: 'ignore' });
    this.#child = child;
    for (let attempt = 0; attempt < START_ATTEMPTS && child.exitCode === null; attempt++) {
      if (await isOpen(this.port)) return;
      await delay(START_WAIT_MS);
    }
    throw new TillgateError('INTERNAL', `mosquitto did not start on port ${this.port}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

/** Free a moment ago: mosquitto cannot be asked to choose one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
