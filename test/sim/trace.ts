/** What happened in a run, in order; its hash tells whether two runs were the same. */
import { createHash, type Hash } from 'node:crypto';
import type { VirtualTime } from './virtual-time.ts';

/** Lines kept for a person to read after a violation. */
const LINES_MAX = 400;

export class Trace {
  readonly lines: string[] = [];
  readonly #time: VirtualTime;
  readonly #hash: Hash = createHash('sha256');

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  add(what: string): void {
    const line = `${this.#time.nowMs} ${what}`;
    this.#hash.update(`${line}\n`);
    this.lines.push(line);
    if (this.lines.length > LINES_MAX) this.lines.shift();
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
