/**
 * The quick way through strict parsing, for the text that a well-behaved till sends. JSON.parse
 * reads it natively; a scan of what stands outside of strings then proves that nothing was in the
 * text that JSON.parse would have hidden. Where the proof fails, for whatever reason, the answer is
 * undefined and the strict parser has the word; so this file can cost time, but never strictness.
 *
 * The proof: without a backslash no string can hold a lone surrogate, and quotes pair up. Outside
 * of strings, a fraction needs a dot, an exponent an `e` after a digit, and minus zero a `-0`; an
 * integer of up to 15 digits is exact. Each member has one colon, so there are as many colons as
 * members in the value unless a member name stood twice in one object.
 */
import type { Json } from './json-value.ts';

/** Every integer of 15 digits is a safe one. */
const EXACT_DIGITS_MAX = 15;

/** The value of a JSON text that is beyond doubt, else undefined. */
export function parsePlainJson(text: string, depthMax: number): Json | undefined {
  if (text.includes('\\')) return undefined;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // JSON.parse throws for nothing but syntax; the strict parser will say where.
    return undefined;
  }
  const members = countColons(text, depthMax);
  return members !== undefined && members === countMembers(value) ? value : undefined;
}

/** Colons outside of strings; undefined when something there needs a closer look. */
function countColons(text: string, depthMax: number): number | undefined {
  let colons = 0;
  let depth = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      digits += 1;
      if (digits > EXACT_DIGITS_MAX) return undefined;
      continue;
    }
    switch (code) {
      case 0x22: // "
        at = text.indexOf('"', at + 1);
        break;
      case 0x3a: // :
        colons += 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > depthMax) return undefined;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x2e: // .
        return undefined;
      case 0x45: // E
      case 0x65: // e, which also ends true and false
        if (digits > 0) return undefined;
        break;
      case 0x2d: // -
        if (text[at + 1] === '0') return undefined;
    }
    digits = 0;
  }
  return colons;
}

/** Members of all objects in a value; the depth is bounded by the scan before. */
function countMembers(value: Json): number {
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'object') members += countMembers(item);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      members += 1;
      const member = value[key];
      if (typeof member === 'object') members += countMembers(member);
    }
  }
  return members;
}
