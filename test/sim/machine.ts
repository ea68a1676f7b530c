/**
 * A machine: a disk that outlives its processes, a clock that may be wrong, and whoever starts the
 * process again after it ended. What a crash leaves on the disk is decided when it happens: all of
 * it where only the process died, what was synced and some of the rest after a power cut.
 */
import type { Dice } from './dice.ts';
import type { Oracle } from './oracle.ts';
import { SimProcess } from './sim-process.ts';
import { SimulatedDisk, type DiskFault } from './simulated-disk.ts';
import type { HqNetwork } from './hq-network.ts';
import type { Coverage } from './coverage.ts';
import type { DeliberateBug } from './deliberate-bugs.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What all parts of one world share. */
export type World = {
  time: VirtualTime;
  dice: Dice;
  oracle: Oracle;
  network: HqNetwork;
  trace: Trace;
  coverage: Coverage;
  bug: DeliberateBug | undefined;
};

export type CrashPlan = { boundaries: number; isPowerCut: boolean; downMs: number };

/** A crash that no boundary brought about comes by itself after this. */
const CRASH_MS_MAX = 3_000;
const RESTART_MS = 1_000;
/** 2010-11-29. */
const WALL_START_MS = 1_291_000_000_000;

export abstract class Machine {
  readonly name: string;
  readonly world: World;
  /** Every disk this machine ever had shares its throws. */
  readonly dice: Dice;
  disk: SimulatedDisk;
  process: SimProcess | undefined;
  isDiskFull = false;
  #wallOffsetMs = WALL_START_MS;
  #crash: CrashPlan | undefined;
  #ioErrorIn: number | undefined;

  constructor(name: string, world: World) {
    this.name = name;
    this.world = world;
    this.dice = world.dice.fork(name);
    this.disk = new SimulatedDisk({ random: this.dice.next });
  }

  get isUp(): boolean {
    return this.process?.isAlive === true;
  }

  /** Starts the process; called again when it has ended. */
  boot(): void {
    if (this.isUp) return;
    const process = new SimProcess({
      name: this.name,
      time: this.world.time,
      wallOffsetMs: () => this.#wallOffsetMs,
      onEnd: (how) => {
        this.#ended(how);
      },
    });
    this.process = process;
    this.disk = this.disk.afterKill({
      random: this.dice.next,
      before: () => this.meetsBoundary(process),
      settle: () =>
        new Promise((resolve) => {
          process.schedule(resolve, 0);
        }),
    });
    this.world.trace.add(`${this.name} boots`);
    process.run(() => {
      this.start(process);
    });
  }

  /** Wires the product's parts. */
  protected abstract start(process: SimProcess): void;

  /** The disk is as the crash left it. */
  protected abstract wentDown(isPowerCut: boolean): void;

  crash(plan: CrashPlan): void {
    const { process } = this;
    if (process?.isAlive !== true) return;
    this.#crash = plan;
    process.crashAfter(plan.boundaries);
    this.world.time.after(CRASH_MS_MAX, () => {
      if (this.#crash === plan) process.end('crash');
    });
  }

  /** Ends the process at once and keeps it down until `boot`. */
  stop(): void {
    this.#crash = { boundaries: 0, isPowerCut: false, downMs: Infinity };
    this.process?.end('crash');
    this.#crash = undefined;
  }

  failIo(boundaries: number): void {
    this.#ioErrorIn = boundaries;
  }

  jumpClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  calm(): void {
    this.isDiskFull = false;
    this.#ioErrorIn = undefined;
  }

  /** What the next change of the disk meets; the process may end here. */
  protected meetsBoundary(process: SimProcess): DiskFault | undefined {
    process.boundary();
    if (this.#ioErrorIn !== undefined) {
      this.#ioErrorIn -= 1;
      if (this.#ioErrorIn <= 0) {
        this.#ioErrorIn = undefined;
        this.world.coverage.saw('I/O error');
        return { errno: 'EIO' };
      }
    }
    return this.isDiskFull ? { errno: 'ENOSPC' } : undefined;
  }

  #ended(how: string): void {
    const plan = this.#crash;
    this.#crash = undefined;
    const isPowerCut = how === 'crash' && plan?.isPowerCut === true;
    this.world.trace.add(`${this.name} ends: ${how}${isPowerCut ? ' (power cut)' : ''}`);
    if (how !== 'crash') this.world.coverage.ended(this.name, how);
    this.disk.powerOff();
    this.disk = isPowerCut ? this.disk.afterPowerCut('some') : this.disk.afterKill();
    this.wentDown(isPowerCut);
    const downMs = how === 'crash' ? (plan?.downMs ?? RESTART_MS) : RESTART_MS;
    if (downMs === Infinity) return;
    this.world.time.after(downMs, () => {
      this.boot();
    });
  }
}
