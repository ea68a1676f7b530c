/** The queue of each log, and which of them are being worked off. */
import type { Item } from './lane-items.ts';
import type { LogIntake } from './log-intake.ts';

export type Lane = { items: Item[]; isRunning: boolean; intake: LogIntake | undefined };

/** Idle logs are forgotten beyond this; opening one again costs a few reads. */
const LANES_MAX = 4_096;

export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** The lane of `origin`, made where there is none. */
  of(origin: string): Lane {
    const known = this.#lanes.get(origin);
    if (known !== undefined) return known;
    if (this.#lanes.size >= LANES_MAX) this.#forgetIdle();
    const lane: Lane = { items: [], isRunning: false, intake: undefined };
    this.#lanes.set(origin, lane);
    return lane;
  }

  all(): Iterable<Lane> {
    return this.#lanes.values();
  }

  #forgetIdle(): void {
    for (const [origin, lane] of this.#lanes) if (!lane.isRunning) this.#lanes.delete(origin);
  }
}
