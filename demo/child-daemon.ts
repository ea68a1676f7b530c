/** One daemon of the demonstration: started, killed without warning, started again, stopped. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { TillgateError } from '../protocol/errors.ts';
import { startDaemon } from './tillgate-cli.ts';

/** A daemon that has not drained by then is killed: the demonstration must end. */
const STOP_WAIT_MS = 15_000;

export class ChildDaemon {
  readonly #words: readonly string[];
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  constructor(words: readonly string[], logFile: string) {
    this.#words = words;
    this.#logFile = logFile;
  }

  start(): void {
    this.#child = startDaemon(this.#words, this.#logFile);
  }

  /** Throws DEMO_FAILED when the process has ended by itself, naming the log to read. */
  mustRun(): void {
    if (this.#child !== undefined && isAlive(this.#child)) return;
    const name = `tillgate ${this.#words.join(' ')}`;
    throw new TillgateError('DEMO_FAILED', `\`${name}\` has ended; see ${this.#logFile}.`);
  }

  /** SIGKILL: no handler runs, nothing is flushed. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and SIGKILL if that takes too long. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_WAIT_MS);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !isAlive(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
