/**
 * The RFC 8785 form of an entry's header, written and checked.
 *
 * The general path is the `canonicalize` package. Headers of this program are mostly in order
 * already, and for those JSON.stringify writes the same text several times faster: RFC 8785 takes
 * its strings and numbers from ECMAScript, so a value whose keys are sorted at every level, as the
 * engine enumerates them, and whose text holds no escaped surrogate (RFC 8785 refuses those) is
 * canonical as stringified. Everything else, also what merely looks unusual, takes the general path.
 */
import canonicalize from 'canonicalize';
import type { Json } from '../json/json-value.ts';

/** The canonical text, or undefined for what has none (a lone surrogate, a number not finite). */
export function canonicalText(value: Json): string | undefined {
  if (isOrdered(value)) {
    const text = JSON.stringify(value);
    if (!text.includes('\\ud')) return text;
  }
  try {
    return canonicalize(value);
  } catch {
    // The package throws exactly for values that RFC 8785 gives no form.
    return undefined;
  }
}

/** The value of `text`, or undefined when `text` is not the canonical form of any value. */
export function parseCanonicalText(text: string): Json | undefined {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // Not JSON, so not canonical either.
    return undefined;
  }
  return canonicalText(value) === text ? value : undefined;
}

function isOrdered(value: unknown): boolean {
  if (typeof value !== 'object') {
    // JSON.stringify writes null for a number that is not finite and drops an undefined member.
    return typeof value === 'number' ? Number.isFinite(value) : value !== undefined;
  }
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isOrdered);
  let previous: string | undefined;
  for (const key of Object.keys(value)) {
    if (previous !== undefined && key <= previous) return false;
    previous = key;
    if (!isOrdered((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}
