/**
 * One life of a gateway or of headquarters. Everything it does to the outside goes through here: its
 * timers, and a boundary before and after each write, sync and commit. A crash is a throw at such a
 * boundary; from then on the process is dead, whatever its code still tries: timers do not fire, and
 * each boundary throws again.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Thrown where the process ends; nobody may handle it. */
export class Killed extends Error {
  constructor() {
    super('the simulated process is dead');
  }
}

export type SimProcessOptions = {
  name: string;
  time: VirtualTime;
  /** What the machine's wall clock shows beyond virtual time, in ms. */
  wallOffsetMs: () => number;
  /** Once, when it ends by itself or by a crash. */
  onEnd: (how: string) => void;
};

export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #options: SimProcessOptions;
  #isAlive = true;
  #crashIn: number | undefined;

  constructor(options: SimProcessOptions) {
    this.name = options.name;
    this.#options = options;
    const { time } = options;
    const bornMs = time.nowMs;
    this.clock = {
      wallMs: () => time.nowMs + options.wallOffsetMs(),
      monotonicMs: () => time.nowMs - bornMs,
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  readonly schedule: Schedule = (callback, delayMs) =>
    this.#options.time.after(delayMs, () => {
      this.run(callback);
    });

  /** Runs a piece of the process; what it throws ends it, as an uncaught error would. */
  run(work: () => void): void {
    if (!this.#isAlive) return;
    try {
      work();
    } catch (error) {
      this.end(describe(error));
    }
  }

  /** Ends with an error of the process itself. */
  readonly failed = (error: unknown): void => {
    this.end(describe(error));
  };

  end(how: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#options.onEnd(how);
  }

  /** The crash comes at the n-th boundary from now. */
  crashAfter(boundaries: number): void {
    this.#crashIn = boundaries;
  }

  /** A place where the machine may stop. */
  boundary(): void {
    if (!this.#isAlive) throw new Killed();
    if (this.#crashIn === undefined) return;
    this.#crashIn -= 1;
    if (this.#crashIn > 0) return;
    this.end('crash');
    throw new Killed();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
