/**
 * Codes that carry a price or a weight beside the item: printed by the scale at the counter, in the
 * number ranges 02 and 20 to 29 that each company lays out for itself. The layout is configured:
 *
 *   2IIIIIVPPPPC     digits are the prefix · I item · P price · W weight · V verifier of the price
 *   21IIIIIWWWWWC    (or of the weight) · X of no interest · C check digit
 */
import type { Scaled } from '../../../protocol/scaled.ts';
import type { Weight, WeightUnit } from '../../weight.ts';
import { hasCheckDigit } from './gtin.ts';

export interface EmbeddedLayout {
  readonly layout: string;
  readonly priceDecimals: number;
  readonly weightDecimals: number;
  readonly weightUnit: WeightUnit;
}

/** What a layout may look like; the prefix keeps it from taking every code there is. */
export const LAYOUT_PATTERN = '^\\d{1,4}(?=.*[PW])[IPWVX]{6,20}C?$';

export interface EmbeddedReading {
  readonly itemId: string;
  readonly price?: Scaled;
  readonly weight?: Weight;
  /** Of the price digits. Where it is wrong neither price nor weight is told. */
  readonly verifier?: 'ok' | 'wrong';
}

/** By the first layout whose prefix and length fit; undefined where none does. */
export function readEmbedded(
  digits: string,
  layouts: readonly EmbeddedLayout[],
): EmbeddedReading | undefined {
  if (!/^\d{6,32}$/.test(digits)) return undefined;
  for (const layout of layouts) {
    const fitting = fitted(digits, layout.layout);
    if (fitting !== undefined) return readFields(fitting, layout);
  }
  return undefined;
}

/** A UPC-A is an EAN-13 with a zero before it, and scanners send either. */
function fitted(digits: string, layout: string): string | undefined {
  const forms = [digits];
  if (digits.length === 13 && digits.startsWith('0')) forms.push(digits.slice(1));
  if (digits.length === 12) forms.push(`0${digits}`);
  const prefix = /^\d+/.exec(layout)?.[0] ?? '';
  return forms.find((form) => form.length === layout.length && form.startsWith(prefix));
}

function readFields(digits: string, layout: EmbeddedLayout): EmbeddedReading | undefined {
  if (layout.layout.endsWith('C') && !hasCheckDigit(digits)) return undefined;
  const field = (letter: string): string =>
    Array.from(digits)
      .filter((_, at) => layout.layout.charAt(at) === letter)
      .join('');
  const [itemId, price, weight, verifier] = [field('I'), field('P'), field('W'), field('V')];
  const verified = verifier === '' ? undefined : verifierOf(price === '' ? weight : price);
  if (verified !== undefined && String(verified) !== verifier) return { itemId, verifier: 'wrong' };
  return {
    itemId,
    ...(price !== '' && { price: { value: Number(price), scale: layout.priceDecimals } }),
    ...(weight !== '' && {
      weight: {
        ...{ value: Number(weight), scale: layout.weightDecimals, unit: layout.weightUnit },
      },
    }),
    ...(verified !== undefined && { verifier: 'ok' }),
  };
}

/** How a digit counts: multiplied, and tens added to or taken from the units (GS1 7.9.3). */
type Weighting = '2-' | '3' | '5+' | '5-';

function weighted(digit: number, weighting: Weighting): number {
  const product = digit * Number(weighting.charAt(0));
  const [tens, units] = [Math.floor(product / 10), product % 10];
  if (weighting === '3') return units;
  return weighting.endsWith('+') ? (units + tens) % 10 : (units - tens + 10) % 10;
}

function weightedSum(digits: string, weightings: readonly Weighting[]): number {
  return weightings.reduce(
    (sum, weighting, at) => sum + weighted(Number(digits.charAt(at)), weighting),
    0,
  );
}

/** The verifier of four or five digits of price; undefined for other lengths. 2875 has 9, 14685 has 6. */
export function verifierOf(price: string): number | undefined {
  if (/^\d{4}$/.test(price)) return (weightedSum(price, ['2-', '2-', '3', '5-']) * 3) % 10;
  if (!/^\d{5}$/.test(price)) return undefined;
  const rest = (10 - (weightedSum(price, ['5+', '2-', '5-', '5+', '2-']) % 10)) % 10;
  // The digit whose `5-` is what is missing to the next ten.
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((digit) => weighted(digit, '5-') === rest);
}
