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
import { isTillgateError } from '../errors.ts';
import { FaultList } from './fault-list.ts';
import type { JsonFault } from './fault-list.ts';
import type { Json, JsonObject } from './json-value.ts';
import { parsePlainJson } from './plain-json.ts';
import { TokenReader } from './token-reader.ts';
import { describeEncodingFault } from './utf8.ts';

export type StrictJson = {
  /** Undefined when the text could not be read to its end. */
  value: Json | undefined;
  faults: JsonFault[];
  /** Faults found beyond those listed. */
  faultsOmitted: number;
};

/** A transaction nests five levels; extensions may nest more, but not without end. */
export const JSON_DEPTH_MAX = 64;

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
  readonly #faults = new FaultList();
  readonly #path = this.#faults.path;
  readonly #tokens: TokenReader;

  constructor(text: string) {
    this.#tokens = new TokenReader(text, this.#faults);
  }

  parse(): StrictJson {
    let value: Json | undefined;
    try {
      this.#tokens.skipSpace();
      value = this.#value();
      this.#tokens.skipSpace();
      if (this.#tokens.at < this.#tokens.text.length) this.#tokens.syntax('the end of the text');
    } catch (error) {
      // What ends the parse was noted as a fault first; anything else is a mistake of ours.
      if (!isTillgateError(error, 'TXN_NOT_JSON')) throw error;
      value = undefined;
    }
    const { items, omitted } = this.#faults;
    return { value, faults: items, faultsOmitted: omitted };
  }

  #value(): Json {
    switch (this.#tokens.peek()) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return this.#tokens.string();
      case 0x74:
        return this.#tokens.word('true', true);
      case 0x66:
        return this.#tokens.word('false', false);
      case 0x6e:
        return this.#tokens.word('null', null);
      default:
        return this.#tokens.number();
    }
  }

  #object(): JsonObject {
    const object: JsonObject = {};
    const depth = this.#enter();
    if (this.#closes(0x7d)) return object;
    for (;;) {
      // A fault in the key itself is reported at the object, not at the member before it.
      this.#path.length = depth;
      if (this.#tokens.peek() !== 0x22) this.#tokens.syntax('a member name in quotes');
      const key = this.#tokens.string();
      this.#path[depth] = key;
      this.#tokens.skipSpace();
      if (this.#tokens.peek() !== 0x3a) this.#tokens.syntax('a colon');
      this.#tokens.at += 1;
      this.#tokens.skipSpace();
      if (Object.hasOwn(object, key)) this.#duplicate(key);
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
      this.#faults.stop('depth', `Values nest deeper than ${JSON_DEPTH_MAX} levels.`, '');
    }
    this.#tokens.at += 1;
    this.#tokens.skipSpace();
    return depth;
  }

  #closes(closing: number): boolean {
    if (this.#tokens.peek() !== closing) return false;
    this.#tokens.at += 1;
    return true;
  }

  /** After a member or an item: true at the end, false when another one must follow. */
  #ends(closing: number, expected: string): boolean {
    this.#tokens.skipSpace();
    const code = this.#tokens.peek();
    if (code !== closing && code !== 0x2c) this.#tokens.syntax(expected);
    this.#tokens.at += 1;
    if (code === closing) return true;
    this.#tokens.skipSpace();
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

  #duplicate(key: string): void {
    this.#faults.note('duplicateKey', 'A member name stands twice in one object.', key);
  }
}
