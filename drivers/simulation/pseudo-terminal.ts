/**
 * A serial port that is not there: a pseudo-terminal whose other end is held by a small Python
 * program, because Node cannot make one itself. A symbolic link gives it a name that stays the same
 * when the cable is pulled and plugged in again.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { TillgateError } from '../../protocol/errors.ts';

export interface PseudoTerminal {
  /** What a program opens: the link. */
  readonly path: string;
  send(bytes: Uint8Array): void;
  /** Stops or goes on taking what the other end writes. */
  setReading(isReading: boolean): void;
  /** Pulls the cable; resolves when it is out. */
  hangUp(): Promise<void>;
}

export interface PseudoTerminalEvents {
  readonly received: (bytes: Uint8Array) => void;
  /** A program opened the port, or the last one closed it. */
  readonly opened?: () => void;
  readonly closed?: () => void;
}

const HELPER = fileURLToPath(new URL('./pseudo-terminal.py', import.meta.url));
const EVENTS_FD = 3;

export async function openPseudoTerminal(
  link: string,
  events: PseudoTerminalEvents,
): Promise<PseudoTerminal> {
  const child = spawn('python3', [HELPER, link], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  const [input, output] = [child.stdin, child.stdout] as [Writable, Readable];
  await ready(child, events);
  output.on('data', events.received);
  // It ends when the cable is pulled; what was still on its way is lost, as it would be.
  input.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    path: link,
    send: (bytes) => void input.write(bytes),
    setReading: (isReading) => {
      if (isReading) output.resume();
      else output.pause();
    },
    hangUp: () => {
      child.kill();
      output.resume();
      return ended;
    },
  };
}

function ready(child: ChildProcess, events: PseudoTerminalEvents): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notInstalled(error)));
    child.once('exit', (code) => reject(failed(code)));
    let rest = '';
    child.stdio[EVENTS_FD]?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('ready ')) resolve();
        else if (line === 'open') events.opened?.();
        else events.closed?.();
      }
    });
  });
}

function notInstalled(cause: Error): TillgateError {
  return new TillgateError(
    'TRANSPORT_PACKAGE_MISSING',
    'A simulated serial port needs python3, which is not installed.',
    { cause, hint: 'Install it with `apt-get install python3`, or simulate over TCP.' },
  );
}

function failed(code: number | null): TillgateError {
  const message = `The helper of the simulated serial port ended with ${code ?? 'a signal'}.`;
  return new TillgateError('TRANSPORT_FAULT', message);
}
