/**
 * GS1 element strings: identifier, value, identifier, value, … with a group separator (FNC1) after
 * values of variable length. Total: whatever comes, there is an answer, and an error says where.
 */
import { hasCheckDigit } from './gtin.ts';
import { identifierAt } from './gs1-identifiers.ts';
import type { Gs1Identifier } from './gs1-identifiers.ts';

export type Gs1Problem = 'identifier' | 'length' | 'characters' | 'checkDigit' | 'date' | 'twice';

export interface Gs1Reading {
  /** What could be read, in its order. A `Map`: identifiers look like numbers. */
  readonly elements: ReadonlyMap<string, string>;
  readonly error?: {
    readonly problem: Gs1Problem;
    /** Where in the data. */
    readonly at: number;
    readonly identifier?: string;
  };
}

/** FNC1 between elements. */
export const GROUP_SEPARATOR = '\x1d';
/** No symbol holds more; a label has a handful. */
const ELEMENTS_MAX = 100;

export function readGs1(data: string): Gs1Reading {
  const elements = new Map<string, string>();
  let at = 0;
  while (at < data.length && elements.size < ELEMENTS_MAX) {
    if (data.charAt(at) === GROUP_SEPARATOR) {
      at += 1;
      continue;
    }
    const known = identifierAt(data, at);
    if (known === undefined) return { elements, error: { problem: 'identifier', at } };
    const identifier = data.slice(at, at + known.digits);
    const begin = at + known.digits;
    const end = endOfValue(data, begin, known);
    const value = data.slice(begin, end);
    const problem =
      problemOf(value, known) ?? (isOther(elements, identifier, value) ? 'twice' : null);
    if (problem !== null) return { elements, error: { problem, at, identifier } };
    elements.set(identifier, value);
    at = end;
  }
  return { elements };
}

function endOfValue(
  data: string,
  begin: number,
  { isPredefined, lengthMax }: Gs1Identifier,
): number {
  const separator = data.indexOf(GROUP_SEPARATOR, begin);
  const limit = separator === -1 ? data.length : separator;
  return isPredefined ? Math.min(limit, begin + lengthMax) : limit;
}

function problemOf(value: string, known: Gs1Identifier): Gs1Problem | undefined {
  if (value.length === 0 || value.length > known.lengthMax) return 'length';
  if (!known.value.test(value)) {
    return known.isPredefined && value.length < known.lengthMax ? 'length' : 'characters';
  }
  if (known.hasCheckDigit && !hasCheckDigit(value)) return 'checkDigit';
  return known.isDate && !isDate(value) ? 'date' : undefined;
}

/** `YYMMDD`; day 00 is the end of the month. */
function isDate(value: string): boolean {
  const [year, month, day] = [0, 2, 4].map((at) => Number(value.slice(at, at + 2)));
  if (year === undefined || month === undefined || day === undefined) return false;
  if (month < 1 || month > 12) return false;
  // A leap year whatever the century: 2000 was one.
  const days = month === 2 ? (year % 4 === 0 ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}

function isOther(elements: ReadonlyMap<string, string>, id: string, value: string): boolean {
  return elements.has(id) && elements.get(id) !== value;
}
