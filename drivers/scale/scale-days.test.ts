/**
 * Random days at every scale: goods come and go, the line is noisy or slow, the scale falls silent,
 * tills ask at any moment. Whatever happens, each job ends by its deadline, a weight that is given is
 * what lies there, and nothing is given twice without an empty plate between.
 */
import t from 'tap';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedPeripheral } from '../../test/support/simulated-peripheral.ts';
import type { DriverDefinition } from '../driver.ts';
import type { JobOutcome } from '../job.ts';
import { SCALE_DRIVERS } from './scale-drivers.ts';
import { SCALE_SIMULATORS } from './scale-simulator.ts';

const SEEDS = 6;
const STEPS = 60;
const DEADLINE_MS = 4_000;

class Day {
  readonly #scale: SimulatedPeripheral;
  readonly #random: SeededRandom;
  /** Grams that lay there, with the time since when; the last entry lies there now. */
  readonly #loads: { grams: number; sinceMs: number }[] = [{ grams: 0, sinceMs: 0 }];
  readonly #jobs: Promise<string | undefined>[] = [];
  readonly #sold: { grams: number; atMs: number }[] = [];

  constructor(driver: DriverDefinition, seed: number) {
    const simulator = SCALE_SIMULATORS.find((known) => known.driver === driver.id);
    if (simulator === undefined) throw new Error(driver.id);
    this.#scale = new SimulatedPeripheral({ driver, simulator, seed });
    this.#random = new SeededRandom(seed);
  }

  async run(): Promise<{ problems: string[]; sold: number }> {
    for (let step = 0; step < STEPS && this.#scale.end === undefined; step += 1) {
      this.#act(this.#random.below(10));
      await this.#scale.pass(this.#random.below(2_500));
    }
    await this.#scale.pass(DEADLINE_MS + 3_000);
    const problems = (await Promise.all(this.#jobs)).filter((problem) => problem !== undefined);
    return { problems: [...problems, ...this.#soldTwice()], sold: this.#sold.length };
  }

  #act(kind: number): void {
    const { device } = this.#scale;
    if (kind < 3) this.#put(20 + this.#random.below(5_000));
    else if (kind < 5) this.#put(0);
    else if (kind < 8) this.#jobs.push(this.#ask());
    else if (kind === 8) device.command(`${this.#random.pick(['noise', 'slow'])} ${this.#onOff()}`);
    else device.command(`silent ${this.#random.chance(0.2) ? 'on' : 'off'}`);
  }

  #put(grams: number): void {
    this.#loads.push({ grams, sinceMs: this.#scale.time.nowMs });
    const kilograms = `${Math.floor(grams / 1000)}.${String(grams % 1000).padStart(3, '0')}`;
    this.#scale.device.command(grams === 0 ? 'zero' : `weigh ${kilograms} kg`);
  }

  async #ask(): Promise<string | undefined> {
    const beginMs = this.#scale.time.nowMs;
    const unitPrice = { value: 199, scale: 2 };
    const request = { operation: 'read', unitPrice, timeoutMs: DEADLINE_MS };
    const outcome = await this.#scale.begin(request);
    const atMs = this.#scale.time.nowMs;
    if (atMs - beginMs > DEADLINE_MS) return `settled after ${atMs - beginMs} ms`;
    if (outcome.state === 'unknown') return 'a read is never unknown';
    return outcome.state === 'done' ? this.#judge(outcome, atMs) : undefined;
  }

  #judge(outcome: Extract<JobOutcome, { state: 'done' }>, atMs: number): string | undefined {
    const { value } = outcome.result['weight'] as { value: number };
    this.#sold.push({ grams: value, atMs });
    // An answer may be on a slow line while the goods are lifted already.
    const recent = this.#loads.filter(({ sinceMs }, at) => {
      const untilMs = this.#loads[at + 1]?.sinceMs ?? Infinity;
      return untilMs > atMs - 2_000 && sinceMs <= atMs;
    });
    return recent.some(({ grams }) => grams === value) ? undefined : `${value} g never lay there`;
  }

  #soldTwice(): string[] {
    return this.#sold.slice(1).flatMap(({ grams, atMs }, at) => {
      const before = this.#sold[at]?.atMs ?? 0;
      const wasMoved = this.#loads.some(
        ({ sinceMs }) => sinceMs > before - 2_000 && sinceMs <= atMs,
      );
      return wasMoved ? [] : [`${grams} g were sold again at ${atMs} ms`];
    });
  }

  #onOff(): string {
    return this.#random.chance(0.5) ? 'on' : 'off';
  }
}

for (const driver of SCALE_DRIVERS) {
  void t.test(`${driver.id}: random days`, async (t) => {
    let sold = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const day = await new Day(driver, seed).run();
      t.strictSame(day.problems, [], `seed ${seed}`);
      sold += day.sold;
    }
    t.ok(sold >= SEEDS, `${sold} weights were given`);
  });
}
