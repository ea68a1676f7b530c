/**
 * Decides when a weight may be sold. Takes each reading of the scale in order and keeps the two rules
 * that every protocol shares: the weight rests (the scale says so, and it is the same for some
 * readings), and since the last weight that was sold the plate was empty once. Pure; no time in it.
 *
 * A session begins as if the plate had been empty: what was sold before is not known to it.
 */
import { compareWeights, convertWeight, isWithin } from '../weight.ts';
import type { Weight, WeightUnit } from '../weight.ts';

/** Why there is no weight to sell; the names are UnifiedPOS's where it has one. */
export const WEIGHING_REASONS = {
  SCAL_SUE_WEIGHT_UNSTABLE: 'The weight does not come to rest.',
  SCAL_SUE_WEIGHT_ZERO: 'Nothing lies on the scale.',
  SCAL_SUE_WEIGHT_OVERWEIGHT: 'The load is above what the scale can weigh.',
  SCAL_SUE_WEIGHT_UNDER_ZERO: 'The scale shows less than zero.',
  SCAL_SUE_NOT_READY: 'The scale does not answer or is not ready.',
  SCALE_NO_ZERO_RETURN: 'The goods of the last weighing still lie on the scale.',
  SCALE_UNDERWEIGHT: 'The load is below the least that the scale may weigh.',
} as const;
export type WeighingReason = keyof typeof WEIGHING_REASONS;

export type Reading =
  | {
      readonly type: 'weight';
      readonly weight: Weight;
      /** What the scale itself says. */
      readonly stable: boolean;
      /** The scale took a tare off by itself. */
      readonly isNet: boolean;
      readonly raw: Uint8Array;
    }
  | { readonly type: 'none'; readonly reason: WeighingReason };

export type Verdict =
  | { readonly type: 'weight'; readonly reading: Extract<Reading, { type: 'weight' }> }
  | { readonly type: 'wait'; readonly reason: WeighingReason }
  /** Waiting does not help: the unit is not the configured one and cannot be made so exactly. */
  | { readonly type: 'unit'; readonly weight: Weight };

export interface WeighingRules {
  /** The unit that weights are told in. */
  readonly unit: WeightUnit;
  /** Equal stable readings, one after the other, that make a weight. */
  readonly stableReads: number;
  /** As much as this on the plate still counts as nothing. */
  readonly zeroToleranceGrams: number;
  readonly zeroReturn: boolean;
}

export class Weighing {
  readonly #rules: WeighingRules;
  #reading: Reading = { type: 'none', reason: 'SCAL_SUE_NOT_READY' };
  #equalReads = 0;
  #needsZero = false;

  constructor(rules: WeighingRules) {
    this.#rules = rules;
  }

  /** The last reading, in the configured unit where that is exact. */
  get reading(): Reading {
    return this.#reading;
  }

  get needsZero(): boolean {
    return this.#needsZero;
  }

  observe(reading: Reading): void {
    const next = this.#inUnit(reading);
    this.#equalReads = isRepeat(this.#reading, next) ? this.#equalReads + 1 : 1;
    this.#reading = next;
    if (this.#isEmpty(next)) this.#needsZero = false;
  }

  verdict(): Verdict {
    const reading = this.#reading;
    if (reading.type === 'none') return { type: 'wait', reason: reading.reason };
    const { weight, stable } = reading;
    if (weight.unit !== this.#rules.unit) return { type: 'unit', weight };
    if (!stable) return { type: 'wait', reason: 'SCAL_SUE_WEIGHT_UNSTABLE' };
    if (isWithin(weight, this.#rules.zeroToleranceGrams)) {
      return { type: 'wait', reason: 'SCAL_SUE_WEIGHT_ZERO' };
    }
    if (weight.value < 0) return { type: 'wait', reason: 'SCAL_SUE_WEIGHT_UNDER_ZERO' };
    if (this.#needsZero) return { type: 'wait', reason: 'SCALE_NO_ZERO_RETURN' };
    if (this.#equalReads < this.#rules.stableReads) {
      return { type: 'wait', reason: 'SCAL_SUE_WEIGHT_UNSTABLE' };
    }
    return { type: 'weight', reading };
  }

  /** Rests at nothing, as after the zero key or with a tare that fits what lies there. */
  isZero(): boolean {
    const reading = this.#reading;
    if (reading.type === 'none') return reading.reason === 'SCAL_SUE_WEIGHT_ZERO';
    return reading.stable && isWithin(reading.weight, this.#rules.zeroToleranceGrams);
  }

  /** A weight was given away: the plate has to be empty before the next. */
  completed(): void {
    this.#needsZero = this.#rules.zeroReturn;
  }

  #inUnit(reading: Reading): Reading {
    if (reading.type === 'none') return reading;
    return {
      ...reading,
      weight: convertWeight(reading.weight, this.#rules.unit) ?? reading.weight,
    };
  }

  /** Less than zero is empty too: the container that the tare is for was lifted. */
  #isEmpty(reading: Reading): boolean {
    if (reading.type === 'none') return EMPTY_REASONS.has(reading.reason);
    const { weight, stable } = reading;
    return stable && (weight.value < 0 || isWithin(weight, this.#rules.zeroToleranceGrams));
  }
}

const EMPTY_REASONS: ReadonlySet<WeighingReason> = new Set<WeighingReason>([
  'SCAL_SUE_WEIGHT_ZERO',
  'SCAL_SUE_WEIGHT_UNDER_ZERO',
  'SCALE_UNDERWEIGHT',
]);

function isRepeat(last: Reading, next: Reading): boolean {
  if (last.type === 'none' || next.type === 'none') return false;
  const isSteady = last.stable && next.stable && last.isNet === next.isNet;
  return isSteady && compareWeights(last.weight, next.weight) === 0;
}
