/** Item, weight and price out of GS1 elements, in the same form as from codes that embed them. */
import type { Scaled } from '../../../protocol/scaled.ts';
import type { Weight, WeightUnit } from '../../weight.ts';
import type { EmbeddedReading } from './embedded-code.ts';

/** Net weights; the last digit of the identifier is the number of decimals. */
const WEIGHTS: readonly (readonly [RegExp, WeightUnit])[] = [
  [/^310([0-6])$/, 'kg'],
  [/^320([0-6])$/, 'lb'],
  [/^357([0-6])$/, 'oz'],
];
/** What is to be paid for one item: in the money of the place, or with its ISO 4217 number before it. */
const PRICE = /^39[23]([0-6])$/;

export function gs1Embedded(elements: ReadonlyMap<string, string>): EmbeddedReading | undefined {
  const itemId = elements.get('01') ?? elements.get('02');
  if (itemId === undefined) return undefined;
  const [weight, price] = [weightOf(elements), priceOf(elements)];
  if (weight === undefined && price === undefined) return undefined;
  return { itemId, ...(price && { price }), ...(weight && { weight }) };
}

function weightOf(elements: ReadonlyMap<string, string>): Weight | undefined {
  for (const [identifier, value] of elements) {
    for (const [pattern, unit] of WEIGHTS) {
      const scale = pattern.exec(identifier)?.[1];
      if (scale !== undefined) return { value: Number(value), scale: Number(scale), unit };
    }
  }
  return undefined;
}

function priceOf(elements: ReadonlyMap<string, string>): Scaled | undefined {
  for (const [identifier, value] of elements) {
    const scale = PRICE.exec(identifier)?.[1];
    if (scale === undefined) continue;
    const digits = identifier.startsWith('393') ? value.slice(3) : value;
    return { value: Number(digits), scale: Number(scale) };
  }
  return undefined;
}
