/**
 * What was started, ended in reverse order. Every step runs, whatever the one before did, and all
 * failures are logged; the whole has a time limit, because whoever stops a process will not wait for
 * ever either.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './logging.ts';

/** Well below the 90 s after which systemd kills. */
const CLOSE_MS_MAX = 20_000;

export class Teardown {
  readonly #log: Log;
  readonly #steps: { name: string; close: () => Promise<void> | void }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** `close` will run before every step added earlier. */
  add(name: string, close: () => Promise<void> | void): void {
    this.#steps.push({ name, close });
  }

  /** Runs every step once; true when all succeeded in time. */
  async run(): Promise<boolean> {
    const limit = new AbortController();
    const late = delay(CLOSE_MS_MAX, false, { signal: limit.signal, ref: false }).catch(
      () => false,
    );
    const done = await Promise.race([this.#all(), late]);
    limit.abort();
    return done;
  }

  async #all(): Promise<boolean> {
    let good = true;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.close();
        this.#log.debug({ step: step.name }, 'closed');
      } catch (error) {
        good = false;
        this.#log.error({ err: error, step: step.name }, 'could not be closed in order');
      }
    }
    return good;
  }
}
