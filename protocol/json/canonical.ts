/**
 * Canonical JSON (RFC 8785) for values whose numbers are safe integers, which is all that Tillgate
 * ever hashes or signs: members sorted by UTF-16 code units, no white space, strings escaped as
 * ECMAScript's JSON.stringify does. Integers need none of the RFC's float formatting; any other
 * number, and a string with a lone surrogate, is a mistake of the caller and asserted against.
 */
import { assert } from '../must.ts';
import type { Json, JsonObject } from './json-value.ts';

/** What to do with an object's members that are null: RFC 8785 keeps them. */
export type NullMembers = 'keep' | 'drop';

/** Objects of a transaction are this small, and the general sort costs more than it saves. */
const INSERTION_SORT_MAX = 24;

/** Strings without a quote, backslash, control character or surrogate stand for themselves. */
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** The RFC 8785 text of `value`. */
export function canonicalJson(value: Json, nullMembers: NullMembers = 'keep'): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      assert(Number.isSafeInteger(value), 'canonical JSON holds safe integers only');
      // Negative zero is written as 0 (RFC 8785 section 3.2.2.3); string conversion does that.
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value === null) return 'null';
      return Array.isArray(value)
        ? canonicalArray(value, nullMembers)
        : canonicalObject(value, nullMembers);
  }
}

function canonicalString(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  assert(text.isWellFormed(), 'canonical JSON holds well-formed strings only');
  return JSON.stringify(text);
}

function canonicalArray(items: readonly Json[], nullMembers: NullMembers): string {
  let text = '[';
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) text += ',';
    text += canonicalJson(items[at] ?? null, nullMembers);
  }
  return `${text}]`;
}

function canonicalObject(object: JsonObject, nullMembers: NullMembers): string {
  const keys = sortByCodeUnits(Object.keys(object));
  let text = '{';
  for (const key of keys) {
    const value = object[key] ?? null;
    if (value === null && nullMembers === 'drop') continue;
    if (text.length > 1) text += ',';
    text += `${canonicalString(key)}:${canonicalJson(value, nullMembers)}`;
  }
  return `${text}}`;
}

/** Sorts in place. Operators and the default sort both compare UTF-16 code units (ECMA-262). */
function sortByCodeUnits(keys: string[]): string[] {
  if (keys.length > INSERTION_SORT_MAX) return keys.sort();
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at] ?? '';
    let to = at;
    for (; to > 0; to -= 1) {
      const before = keys[to - 1] ?? '';
      if (before <= key) break;
      keys[to] = before;
    }
    keys[to] = key;
  }
  return keys;
}
