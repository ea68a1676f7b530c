/**
 * What a scanned or typed code may stand for, as the ways to look it up, the likeliest first. Pure and
 * total: any text has at least the reading "exactly this code".
 *
 * GS1 element strings are read in three forms: with brackets, as `(01)…(310x)…`; as scanners send
 * them, with GS (0x1D) after parts of variable length; and as a Digital Link URL. Of them the GTIN,
 * the net weight (310x) and the price (392x) count here; other parts are passed over. A GTIN-13 that
 * begins with 2 is a label of the store itself: which digits name the item and what the rest says is
 * known from the item's document, so every prefix of it is a way to look.
 */
import type { Scaled } from '../scaled.ts';
import { isGtin, toGtin14 } from './gtin.ts';

export type CodeReading = {
  /** By the GTIN with 14 digits, or the code as it is. */
  code: string;
  /** GS1 says so itself. */
  weight?: Scaled;
  price?: Scaled;
};

export type ReadCode = {
  readings: CodeReading[];
  /** Of a label of the store: the prefixes that may name the item, the longest first. */
  label?: { digits: string; prefixes: readonly string[] };
};

/** Longer ones are no code that names an article. */
export const CODE_CHARACTERS_MAX = 256;

const GS = '\u001d';
const SYMBOLOGY = /^\](?:C1|d2|Q3|e0|J1)/;
const LABEL_DIGITS = 13;
const PREFIX_DIGITS = { min: 2, max: 11 };

/** Digits of the application identifiers that have a fixed length (GS1 General Specifications 3.2). */
const FIXED: readonly [RegExp, number][] = [
  [/^00/, 20],
  [/^0[123]/, 16],
  [/^1[1-9]/, 8],
  [/^20/, 4],
  [/^3[1-6]\d\d/, 10],
  [/^41/, 16],
];

export function readCode(text: string): ReadCode {
  const code = text.trim();
  const elements = elementsOf(code);
  if (elements !== undefined) {
    const reading = readingOf(elements);
    if (reading !== undefined) return { readings: [reading, { code }] };
  }
  const label = labelOf(code);
  const readings = isGtin(code) ? [{ code: toGtin14(code) }, { code }] : [{ code }];
  return label === undefined ? { readings } : { readings, label };
}

/** The value that a label carries, where its item says how; undefined where the digits do not fit. */
export function labelValue(
  digits: string,
  { prefix, digits: count, scale }: { prefix: string; digits: number; scale: number },
): Scaled | undefined {
  const end = LABEL_DIGITS - 1;
  if (!digits.startsWith(prefix) || prefix.length + count > end) return undefined;
  return { value: Number(digits.slice(end - count, end)), scale };
}

function labelOf(code: string): ReadCode['label'] {
  if (code.length !== LABEL_DIGITS || !code.startsWith('2') || !isGtin(code)) return undefined;
  const prefixes: string[] = [];
  for (let length = PREFIX_DIGITS.max; length >= PREFIX_DIGITS.min; length--) {
    prefixes.push(code.slice(0, length));
  }
  return { digits: code, prefixes };
}

type Elements = ReadonlyMap<string, string>;

function readingOf(elements: Elements): CodeReading | undefined {
  const gtin = elements.get('01');
  if (gtin === undefined || !isGtin(gtin)) return undefined;
  const reading: CodeReading = { code: toGtin14(gtin) };
  for (const [ai, value] of elements) {
    const scale = Number(ai.at(-1));
    if (/^310\d$/.test(ai)) reading.weight = { value: Number(value), scale };
    if (/^392\d$/.test(ai) && scale <= 6) reading.price = { value: Number(value), scale };
  }
  return reading;
}

function elementsOf(code: string): Elements | undefined {
  if (code.startsWith('(')) return bracketed(code);
  if (/^https?:\/\//i.test(code)) return digitalLink(code);
  if (SYMBOLOGY.test(code)) return concatenated(code.slice(3));
  return code.includes(GS) || /^01\d{14}./.test(code) ? concatenated(code) : undefined;
}

function bracketed(code: string): Elements | undefined {
  if (!/^(\(\d{2,4}\)[^()]+)+$/.test(code)) return undefined;
  return new Map(
    [...code.matchAll(/\((\d{2,4})\)([^()]+)/g)].map(([, ai = '', value = '']) => [ai, value]),
  );
}

function digitalLink(code: string): Elements | undefined {
  const [path = '', query = ''] = code.replace(/^https?:\/\/[^/]*/i, '').split(/[?#]/);
  const parts = path.split('/').filter((part) => part !== '');
  const at = parts.findIndex((part, i) => part === '01' && /^\d{8,14}$/.test(parts[i + 1] ?? ''));
  if (at === -1) return undefined;
  const elements = new Map([['01', (parts[at + 1] ?? '').padStart(14, '0')]]);
  for (const pair of query.split('&')) {
    const [ai = '', value = ''] = pair.split('=');
    if (/^\d{4}$/.test(ai) && /^\d+$/.test(value)) elements.set(ai, value);
  }
  return elements;
}

function concatenated(text: string): Elements | undefined {
  const elements = new Map<string, string>();
  let rest = text.replace(/^\u001d+/, '');
  while (rest !== '') {
    const fixed = FIXED.find(([form]) => form.test(rest));
    const aiDigits = identifierDigits(rest);
    const stop = rest.indexOf(GS);
    const end = fixed?.[1] ?? (stop === -1 ? rest.length : stop);
    if (end <= aiDigits || rest.length < end) return undefined;
    elements.set(rest.slice(0, aiDigits), rest.slice(aiDigits, end));
    rest = rest.slice(end).replace(/^\u001d+/, '');
  }
  return elements;
}

function identifierDigits(rest: string): number {
  if (/^(3[1-69]|7|8)/.test(rest)) return 4;
  return /^(0|1|2[0-2]|3[07]|9)/.test(rest) ? 2 : 3;
}
