/**
 * Weights as scaled integers with their unit. Arithmetic never mixes units silently and never
 * rounds: an avoirdupois pound is 453.59237 g exactly, so every unit is a whole number of nanograms
 * and whatever cannot be said exactly in a unit is `undefined` there.
 */
import { SCALE_MAX, parseScaled } from '../protocol/scaled.ts';

export const WEIGHT_UNITS = ['kg', 'g', 'lb', 'oz'] as const;
export type WeightUnit = (typeof WEIGHT_UNITS)[number];

/** `value` × 10^−`scale` of `unit`. */
export interface Weight {
  readonly value: number;
  readonly scale: number;
  readonly unit: WeightUnit;
}

const NANOGRAMS: Readonly<Record<WeightUnit, bigint>> = {
  kg: 1_000_000_000_000n,
  g: 1_000_000_000n,
  lb: 453_592_370_000n,
  oz: 28_349_523_125n,
};

/** A weight in nanograms, times 10^6 so that every allowed scale stays whole. */
function exact({ value, scale, unit }: Weight): bigint {
  return BigInt(value) * NANOGRAMS[unit] * 10n ** BigInt(SCALE_MAX - scale);
}

/** Negative, zero or positive as `a` is lighter than, as heavy as, or heavier than `b`. */
export function compareWeights(a: Weight, b: Weight): number {
  const [left, right] = [exact(a), exact(b)];
  return left < right ? -1 : Number(left > right);
}

/** Is it no further from nothing than `grams`, on either side? */
export function isWithin(weight: Weight, grams: number): boolean {
  const distance = { ...weight, value: Math.abs(weight.value) };
  return compareWeights(distance, { value: grams, scale: 0, unit: 'g' }) <= 0;
}

/** The same weight in another unit with as few digits as it takes; undefined where it would round. */
export function convertWeight(weight: Weight, unit: WeightUnit): Weight | undefined {
  return weight.unit === unit ? weight : inUnit(exact(weight), unit, 0);
}

/** `a` − `b` in the unit of `a`; undefined where that cannot be said exactly. */
export function subtractWeights(a: Weight, b: Weight): Weight | undefined {
  return inUnit(exact(a) - exact(b), a.unit, a.scale);
}

function inUnit(amount: bigint, unit: WeightUnit, scaleMin: number): Weight | undefined {
  for (let scale = scaleMin; scale <= SCALE_MAX; scale += 1) {
    const step = NANOGRAMS[unit] * 10n ** BigInt(SCALE_MAX - scale);
    if (amount % step !== 0n) continue;
    const value = Number(amount / step);
    return Number.isSafeInteger(value) ? { value, scale, unit } : undefined;
  }
  return undefined;
}

/** Reads the digits and the unit of a scale's answer, whatever their case and blanks. */
export function parseWeight(digits: string, unit: string): Weight | undefined {
  const known = WEIGHT_UNITS.find((name) => name === unit.trim().toLowerCase());
  const scaled = parseScaled(
    digits
      .trim()
      .replace(/^\+/, '')
      .replace(/^(-?)\./, '$10.'),
  );
  return known === undefined || scaled === undefined ? undefined : { ...scaled, unit: known };
}

/** `1.250 kg` */
export function formatWeight({ value, scale, unit }: Weight): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
  return `${value < 0 ? '-' : ''}${whole}${fraction} ${unit}`;
}
