/**
 * The words of JSON (RFC 8259 sections 3, 6 and 7): strings, numbers and literals, read strictly at
 * a position of a text. Faults that leave a word readable are noted and reading goes on; others end
 * it through `FaultList.stop`.
 */
import type { FaultList } from './fault-list.ts';
import type { Json } from './json-value.ts';

export class TokenReader {
  readonly text: string;
  /** Where the next character stands. */
  at = 0;
  readonly #faults: FaultList;

  constructor(text: string, faults: FaultList) {
    this.text = text;
    this.#faults = faults;
  }

  /** The character code at the position; NaN at the end. */
  peek(): number {
    return this.text.charCodeAt(this.at);
  }

  string(): string {
    const text = this.text;
    const start = this.at + 1;
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.at = at + 1;
        return text.slice(start, at);
      }
      if (code === 0x5c) return this.#escapedString(start, at);
      if (code < 0x20) {
        this.at = at;
        this.syntax('no control character inside a string');
      }
    }
    this.at = text.length;
    return this.syntax('the closing quote of a string');
  }

  #escapedString(start: number, firstBackslash: number): string {
    const text = this.text;
    let result = text.slice(start, firstBackslash);
    this.at = firstBackslash;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        result += this.#escape();
        continue;
      }
      if (Number.isNaN(code)) this.syntax('the closing quote of a string');
      if (code < 0x20) this.syntax('no control character inside a string');
      let end = this.at + 1;
      while (isPlain(text.charCodeAt(end))) end += 1;
      result += text.slice(this.at, end);
      this.at = end;
    }
    this.at += 1;
    if (!result.isWellFormed()) {
      const literal = text.slice(start - 1, this.at);
      this.#faults.note('loneSurrogate', 'A string holds half of a surrogate pair.', literal);
    }
    return result;
  }

  #escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    if (letter !== 'u') {
      const character = ESCAPES[letter];
      if (character === undefined) this.syntax('an escape that JSON knows');
      this.at += 2;
      return character;
    }
    const digits = this.text.slice(this.at + 2, this.at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.syntax('four hexadecimal digits after \\u');
    this.at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  number(): number {
    const text = this.text;
    const start = this.at;
    const negative = text.charCodeAt(start) === 0x2d;
    let at = negative ? start + 1 : start;
    const firstDigit = at;
    let magnitude = 0;
    for (; isDigit(text.charCodeAt(at)); at += 1) {
      magnitude = magnitude * 10 + (text.charCodeAt(at) - 0x30);
    }
    if (at === firstDigit) this.syntax(negative ? 'a digit' : 'a value');
    if (at > firstDigit + 1 && text.charCodeAt(firstDigit) === 0x30) {
      this.at = firstDigit + 1;
      this.syntax('no digit after a leading zero');
    }
    this.at = at;
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
    this.#faults.note(kind, why, this.text.slice(start, this.at));
    return Number.NaN;
  }

  #skipFractionAndExponent(): boolean {
    const start = this.at;
    if (this.text.charCodeAt(this.at) === 0x2e) {
      this.at += 1;
      this.#skipDigits();
    }
    const code = this.text.charCodeAt(this.at);
    if (code === 0x65 || code === 0x45) {
      this.at += 1;
      const sign = this.text.charCodeAt(this.at);
      if (sign === 0x2b || sign === 0x2d) this.at += 1;
      this.#skipDigits();
    }
    return this.at > start;
  }

  #skipDigits(): void {
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at += 1;
    if (this.at === start) this.syntax('a digit');
  }

  word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.syntax('a value');
    this.at += word.length;
    return value;
  }

  skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  syntax(expected: string): never {
    const got = this.at < this.text.length ? this.text.slice(this.at, this.at + 20) : 'end of text';
    const before = this.text.slice(0, this.at);
    const offset = Buffer.byteLength(before);
    const line = before.split('\n').length;
    const message = `Not JSON at byte ${offset} (line ${line}): expected ${expected}.`;
    this.#faults.stop('syntax', message, got);
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
