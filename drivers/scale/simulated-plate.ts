/**
 * What a simulated scale weighs: the load, how long it still moves, the tare and the zero key. Time
 * is an argument. Behaves as scales do: after each change of the load it is in motion for a while,
 * and what it shows then wanders.
 */
import type { Weight, WeightUnit } from '../weight.ts';
import { formatWeight, parseWeight } from '../weight.ts';

/** The time a spring or a load cell takes after goods are put down gently. */
const MOTION_MS_DEFAULT = 600;
/** Above this it shows bars instead of a weight: 15 kg in grams. */
const CAPACITY_GRAMS = 15_000;

export interface PlateReading {
  /** In thousandths of the unit, tare taken off. */
  readonly thousandths: number;
  readonly isMoving: boolean;
  readonly isNet: boolean;
  readonly range: 'ok' | 'over' | 'under';
}

export class SimulatedPlate {
  readonly unit: WeightUnit;
  readonly #random: () => number;
  readonly #motionMs: number;
  #load = 0;
  #tare = 0;
  #zero = 0;
  #range: PlateReading['range'] = 'ok';
  #restsAtMs = 0;

  constructor(options: {
    readonly unit: WeightUnit;
    readonly motionMs?: number;
    readonly random: () => number;
  }) {
    this.unit = options.unit;
    this.#motionMs = options.motionMs ?? MOTION_MS_DEFAULT;
    this.#random = options.random;
  }

  /** `1.250 kg`; undefined where it can be no weight of this scale. */
  weigh(text: string, nowMs: number): string | undefined {
    const [digits = '', unit = this.unit] = text.trim().split(/ +/);
    const weight = parseWeight(digits, unit);
    if (weight?.unit !== this.unit || weight.scale > 3 || weight.value < 0) return undefined;
    this.put(weight.value * 10 ** (3 - weight.scale), nowMs);
    return formatWeight(weight);
  }

  put(thousandths: number, nowMs: number): void {
    this.#load = thousandths;
    const isOver = this.unit === 'kg' && thousandths > CAPACITY_GRAMS;
    this.setRange(isOver ? 'over' : 'ok', nowMs);
  }

  setRange(range: PlateReading['range'], nowMs: number): void {
    this.#range = range;
    this.#restsAtMs = nowMs + this.#motionMs;
  }

  /** Moves until `settle`. */
  move(): void {
    this.#restsAtMs = Infinity;
  }

  settle(nowMs: number): void {
    this.#restsAtMs = nowMs;
  }

  /** Scales refuse both keys while they move or are out of range. */
  pressZero(nowMs: number): boolean {
    const isAllowed = this.#isCalm(nowMs);
    if (isAllowed) {
      this.#zero = this.#load;
      this.#tare = 0;
    }
    return isAllowed;
  }

  /** Takes off what lies there, or a known tare in thousandths, for which nothing has to rest. */
  pressTare(nowMs: number, known?: number): boolean {
    if (known === undefined && !this.#isCalm(nowMs)) return false;
    this.#tare = known ?? this.#load - this.#zero;
    return true;
  }

  read(nowMs: number): PlateReading {
    const isMoving = nowMs < this.#restsAtMs;
    const wandering = isMoving ? Math.round((this.#random() - 0.5) * 40) : 0;
    const thousandths = this.#load - this.#zero - this.#tare + wandering;
    const range = this.#range === 'ok' && thousandths < 0 && !isMoving ? 'under' : this.#range;
    return { thousandths, isMoving, isNet: this.#tare !== 0, range };
  }

  weight(nowMs: number): Weight {
    return { value: this.read(nowMs).thousandths, scale: 3, unit: this.unit };
  }

  #isCalm(nowMs: number): boolean {
    return nowMs >= this.#restsAtMs && this.#range === 'ok';
  }
}
