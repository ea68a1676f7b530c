/**
 * One simulated peripheral of the demonstration: `tillgate peripheral simulate` as a process of its
 * own, on TCP so that no other program is needed, made to do things through its input.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TillgateError } from '../protocol/errors.ts';
import { startConversation } from './tillgate-cli.ts';

/** What it prints when it is ready. */
export type SimulatedFacts = {
  address: string;
  driver: string;
  driverOptions: Record<string, unknown>;
};

const START_LIMIT_MS = 30_000;

export class SimulatedDevice {
  readonly #kind: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly facts: Promise<SimulatedFacts>;

  /** `folder` is where pictures go; `logFile` where it says what it does. */
  constructor(kind: string, folder: string, logFile: string) {
    this.#kind = kind;
    const words = ['peripheral', 'simulate', kind, '--listen', '127.0.0.1:0', '--folder', folder];
    this.#child = startConversation([...words, '--json'], logFile);
    this.#child.stdin.on('error', () => {
      // It ended before it was told something: what waits for the effect says so.
    });
    this.facts = this.#firstDocument();
    // Whoever awaits it hears of a failure; until then it must not end the process.
    this.facts.catch(() => undefined);
  }

  /** One line of its script, like `scan 85123A`. */
  command(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  async #firstDocument(): Promise<SimulatedFacts> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), START_LIMIT_MS);
    let text = '';
    try {
      for await (const line of createInterface({ input: this.#child.stdout })) {
        text += line;
        // The document may stand on one line or on many.
        if (line === '}' || (text.startsWith('{') && line.endsWith('}') && text === line)) {
          return JSON.parse(text) as SimulatedFacts;
        }
      }
    } finally {
      clearTimeout(timer);
    }
    throw new TillgateError('DEMO_FAILED', `The simulated ${this.#kind} did not start: ${text}`);
  }
}
