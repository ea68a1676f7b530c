/**
 * A strict JSON parser (RFC 8259) for bytes that a device sent. What it gives was read one way only:
 * valid UTF-8 without a byte order mark, no key twice, numbers as integer literals that a double
 * holds exactly, strings without lone surrogates. JSON.parse can promise none of these, because it
 * has already lost the evidence.
 *
 * A fault that leaves the structure readable (key twice, number out of form, lone surrogate) is
 * noted with its JSON Pointer and parsing goes on, so that a sender learns everything at once; a
 * fault of syntax, encoding or depth ends it. A number that cannot be taken stands in the value as
 * NaN, which no check of ours takes for an integer. Keys such as `__proto__` are plain members.
 * Recursion is bounded by the depth limit. It never throws.
 */
import { isAscii } from 'node:buffer';
import { TillgateError, isTillgateError } from '../errors.ts';
import { describeEncodingFault } from './utf8.ts';
import { parsePlainJson } from './plain-json.ts';
import { jsonPointer, shorten } from './pointer.ts';
import type { Json, JsonObject } from './json-value.ts';

export type JsonFaultKind =
  'encoding' | 'syntax' | 'depth' | 'duplicateKey' | 'notInteger' | 'outOfRange' | 'loneSurrogate';

export type JsonFault = {
  kind: JsonFaultKind;
  /** JSON Pointer of the value (or, for a key, of the member) at fault. */
  path: string;
  /** The literal at fault, shortened; or what stands where something else was expected. */
  got: string;
  /** One sentence. */
  message: string;
};

export type StrictJson = {
  /** Undefined when the text could not be read to its end. */
  value: Json | undefined;
  faults: JsonFault[];
  /** Faults found beyond those listed. */
  faultsOmitted: number;
};

/** A transaction nests five levels; extensions may nest more, but not without end. */
export const JSON_DEPTH_MAX = 64;
/** As many as an answer lists. */
const FAULTS_MAX = 100;
/** Literals are shown, not repeated in full. */
const GOT_CHARACTERS_MAX = 60;

/** Reads one JSON text that fills `bytes`. */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fault = describeEncodingFault(view);
  if (fault !== undefined) {
    const faults: JsonFault[] = [{ kind: 'encoding', path: '', ...fault }];
    return { value: undefined, faults, faultsOmitted: 0 };
  }
  const text = view.toString(isAscii(view) ? 'latin1' : 'utf8');
  const value = parsePlainJson(text, JSON_DEPTH_MAX);
  return value === undefined ? parseTextStrictly(text) : { value, faults: [], faultsOmitted: 0 };
}

/** The strict parser alone, without the quick way; for texts in doubt, and to compare the two. */
export function parseTextStrictly(text: string): StrictJson {
  return new StrictParser(text).parse();
}

class StrictParser {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  readonly #faults: JsonFault[] = [];
  #faultsOmitted = 0;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): StrictJson {
    let value: Json | undefined;
    try {
      this.#skipSpace();
      value = this.#value();
      this.#skipSpace();
      if (this.#at < this.#text.length) this.#syntax('the end of the text');
    } catch (error) {
      // What ends the parse was noted as a fault first; anything else is a mistake of ours.
      if (!isTillgateError(error, 'TXN_NOT_JSON')) throw error;
      value = undefined;
    }
    return { value, faults: this.#faults, faultsOmitted: this.#faultsOmitted };
  }

  #value(): Json {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    const object: JsonObject = {};
    const depth = this.#enter();
    if (this.#closes(0x7d)) return object;
    for (;;) {
      // A fault in the key itself is reported at the object, not at the member before it.
      this.#path.length = depth;
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#syntax('a member name in quotes');
      const key = this.#string();
      this.#path[depth] = key;
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== 0x3a) this.#syntax('a colon');
      this.#at += 1;
      this.#skipSpace();
      if (object[key] !== undefined && Object.hasOwn(object, key)) this.#duplicate(key);
      this.#define(object, key, this.#value());
      if (this.#ends(0x7d, 'a comma or a closing brace')) break;
    }
    this.#path.length = depth;
    return object;
  }

  #array(): Json[] {
    const items: Json[] = [];
    const depth = this.#enter();
    if (this.#closes(0x5d)) return items;
    for (;;) {
      this.#path[depth] = items.length;
      items.push(this.#value());
      if (this.#ends(0x5d, 'a comma or a closing bracket')) break;
    }
    this.#path.length = depth;
    return items;
  }

  /** Steps over the opening character; gives the position of this level in the path. */
  #enter(): number {
    const depth = this.#path.length;
    if (depth >= JSON_DEPTH_MAX) {
      this.#stop('depth', `Values nest deeper than ${JSON_DEPTH_MAX} levels.`, '');
    }
    this.#at += 1;
    this.#skipSpace();
    return depth;
  }

  #closes(closing: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== closing) return false;
    this.#at += 1;
    return true;
  }

  /** After a member or an item: true at the end, false when another one must follow. */
  #ends(closing: number, expected: string): boolean {
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#at);
    if (code !== closing && code !== 0x2c) this.#syntax(expected);
    this.#at += 1;
    if (code === closing) return true;
    this.#skipSpace();
    return false;
  }

  /** Assigning to `__proto__` would change the object's prototype instead of adding a member. */
  #define(object: JsonObject, key: string, value: Json): void {
    if (key !== '__proto__') {
      object[key] = value;
      return;
    }
    const plain = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(object, key, plain);
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (code === 0x5c) return this.#escapedString(start, at);
      if (code < 0x20) {
        this.#at = at;
        this.#syntax('no control character inside a string');
      }
    }
    this.#at = text.length;
    return this.#syntax('the closing quote of a string');
  }

  #escapedString(start: number, firstBackslash: number): string {
    const text = this.#text;
    let result = text.slice(start, firstBackslash);
    this.#at = firstBackslash;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        result += this.#escape();
        continue;
      }
      if (Number.isNaN(code)) this.#syntax('the closing quote of a string');
      if (code < 0x20) this.#syntax('no control character inside a string');
      let end = this.#at + 1;
      while (isPlain(text.charCodeAt(end))) end += 1;
      result += text.slice(this.#at, end);
      this.#at = end;
    }
    this.#at += 1;
    if (!result.isWellFormed()) {
      const literal = text.slice(start - 1, this.#at);
      this.#note('loneSurrogate', 'A string holds half of a surrogate pair.', literal);
    }
    return result;
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    if (letter !== 'u') {
      const character = ESCAPES[letter];
      if (character === undefined) this.#syntax('an escape that JSON knows');
      this.#at += 2;
      return character;
    }
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#syntax('four hexadecimal digits after \\u');
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): number {
    const text = this.#text;
    const start = this.#at;
    const negative = text.charCodeAt(start) === 0x2d;
    let at = negative ? start + 1 : start;
    const firstDigit = at;
    let magnitude = 0;
    for (; isDigit(text.charCodeAt(at)); at += 1) {
      magnitude = magnitude * 10 + (text.charCodeAt(at) - 0x30);
    }
    if (at === firstDigit) this.#syntax(negative ? 'a digit' : 'a value');
    if (at > firstDigit + 1 && text.charCodeAt(firstDigit) === 0x30) {
      this.#at = firstDigit + 1;
      this.#syntax('no digit after a leading zero');
    }
    this.#at = at;
    if (this.#skipFractionAndExponent()) return this.#refuseNumber('notInteger', start);
    // Up to 2^53 the sum above is exact, and what is larger stays larger when it rounds.
    if (magnitude > Number.MAX_SAFE_INTEGER) return this.#refuseNumber('outOfRange', start);
    if (!negative) return magnitude;
    return magnitude === 0 ? this.#refuseNumber('notInteger', start) : -magnitude;
  }

  #refuseNumber(kind: 'notInteger' | 'outOfRange', start: number): number {
    const why =
      kind === 'outOfRange'
        ? 'A number lies outside of ±9007199254740991, which a double holds exactly.'
        : 'A number is not written as an integer: no fraction, exponent or minus zero.';
    this.#note(kind, why, this.#text.slice(start, this.#at));
    return Number.NaN;
  }

  #skipFractionAndExponent(): boolean {
    const start = this.#at;
    if (this.#text.charCodeAt(this.#at) === 0x2e) {
      this.#at += 1;
      this.#skipDigits();
    }
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x65 || code === 0x45) {
      this.#at += 1;
      const sign = this.#text.charCodeAt(this.#at);
      if (sign === 0x2b || sign === 0x2d) this.#at += 1;
      this.#skipDigits();
    }
    return this.#at > start;
  }

  #skipDigits(): void {
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) this.#syntax('a digit');
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#syntax('a value');
    this.#at += word.length;
    return value;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #duplicate(key: string): void {
    this.#note('duplicateKey', 'A member name stands twice in one object.', key);
  }

  #syntax(expected: string): never {
    const got =
      this.#at < this.#text.length ? this.#text.slice(this.#at, this.#at + 20) : 'end of text';
    const before = this.#text.slice(0, this.#at);
    const offset = Buffer.byteLength(before);
    const line = before.split('\n').length;
    const message = `Not JSON at byte ${offset} (line ${line}): expected ${expected}.`;
    this.#stop('syntax', message, got);
  }

  #stop(kind: 'syntax' | 'depth', message: string, got: string): never {
    this.#note(kind, message, got);
    throw new TillgateError('TXN_NOT_JSON', message);
  }

  #note(kind: JsonFaultKind, message: string, got: string): void {
    if (this.#faults.length >= FAULTS_MAX && kind !== 'syntax' && kind !== 'depth') {
      this.#faultsOmitted += 1;
      return;
    }
    const path = jsonPointer(this.#path);
    this.#faults.push({
      kind,
      path,
      got: shorten(got, GOT_CHARACTERS_MAX),
      message,
    });
  }
}

const ESCAPES: Readonly<Record<string, string>> = Object.assign(
  Object.create(null) as Record<string, string>,
  { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
);

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Neither quote, backslash nor control character; false for the NaN past the end. */
function isPlain(code: number): boolean {
  return code >= 0x20 && code !== 0x22 && code !== 0x5c;
}
