/**
 * The content hash: SHA-256 over the canonical text (RFC 8785) of a transaction's hash form. Two
 * submissions are the same content exactly when these hashes are equal, so the form is chosen such
 * that serialisers which differ in how they write "nothing" agree (SPEC.md section 1.6):
 *
 * - `lastResult` is left out, because a resubmission may hold a newer one;
 * - members that are null are left out, at every depth;
 * - empty `lines`, `taxes`, `tenders`, `extensions` and a line's empty `discounts` are left out;
 * - `schemaVersion` 1 is left out.
 *
 * All else, `false` and 0 included, is hashed as written.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../json/canonical.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';

/** 32 bytes. The transaction holds safe integers and well-formed strings only. */
export function contentHash(transaction: JsonObject): Uint8Array {
  return hash('sha256', canonicalContent(transaction), 'buffer');
}

/** The text that is hashed. */
export function canonicalContent(transaction: JsonObject): string {
  return canonicalJson(hashForm(transaction), 'drop');
}

/** The members that are hashed; null members go while the text is written. */
function hashForm(transaction: JsonObject): JsonObject {
  const form: JsonObject = {};
  for (const key of Object.keys(transaction)) {
    const value = transaction[key] ?? null;
    switch (key) {
      case 'lastResult':
        break;
      case 'schemaVersion':
        if (value !== 1) form[key] = value;
        break;
      case 'taxes':
      case 'tenders':
        if (!isEmptyArray(value)) form[key] = value;
        break;
      case 'lines':
        if (!isEmptyArray(value)) form[key] = Array.isArray(value) ? value.map(hashedLine) : value;
        break;
      case 'extensions':
        if (!isEmptyObject(value)) form[key] = value;
        break;
      default:
        defineMember(form, key, value);
    }
  }
  return form;
}

function hashedLine(line: Json): Json {
  if (!isJsonObject(line) || !isEmptyArray(line['discounts'] ?? null)) return line;
  return Object.fromEntries(Object.entries(line).filter(([key]) => key !== 'discounts'));
}

/** A refused transaction may have any member names, `__proto__` among them. */
function defineMember(form: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(form, key, { value, enumerable: true });
  } else {
    form[key] = value;
  }
}

function isEmptyArray(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isEmptyObject(value: Json): boolean {
  return isJsonObject(value) && Object.values(value).every((member) => member === null);
}
