/**
 * Codes on a serial line: text between an optional prefix and a suffix. Where the end is silence
 * instead of a suffix, `flush` gives the frame. Without a prefix nothing tells garbage from a code,
 * so garbage can spoil the one frame that it stands in; what is longer than any symbol is skipped up
 * to the next suffix.
 */
import type { Framed, Framer } from '../framer.ts';

/** QR code 40-L holds 7,089 digits; nothing that a scanner reads is longer. */
export const CODE_BYTES_MAX = 8_192;

export interface Delimiters {
  readonly prefix: Uint8Array;
  /** Any of these ends a code; none at all means that silence does. */
  readonly suffixes: readonly Uint8Array[];
}

export class DelimitedFramer implements Framer<Uint8Array> {
  readonly #delimiters: Delimiters;
  readonly #buffer = new Uint8Array(CODE_BYTES_MAX);
  #length = 0;
  /** The code was too long: everything is dropped until its suffix. */
  #isSkipping = false;
  #skipped: number[] = [];

  constructor(delimiters: Delimiters) {
    this.#delimiters = delimiters;
  }

  get bufferedBytes(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): readonly Framed<Uint8Array>[] {
    const framed: Framed<Uint8Array>[] = [];
    for (const byte of chunk) this.#take(byte, framed);
    this.#tellSkipped(framed);
    return framed;
  }

  flush(): readonly Framed<Uint8Array>[] {
    const framed: Framed<Uint8Array>[] = [];
    const bytes = this.#buffer.slice(0, this.#length);
    this.#reset();
    if (bytes.length === 0) return framed;
    if (this.#delimiters.suffixes.length === 0) this.#emit(bytes, 0, framed);
    else framed.push({ type: 'discarded', bytes, why: 'incomplete' });
    return framed;
  }

  #take(byte: number, framed: Framed<Uint8Array>[]): void {
    if (this.#length === CODE_BYTES_MAX) {
      // While it is skipped, the tail that a suffix may begin in is all that has to be kept.
      const keep = this.#isSkipping ? SUFFIX_BYTES_MAX : 0;
      this.#skipped.push(...this.#buffer.subarray(0, CODE_BYTES_MAX - keep));
      this.#buffer.copyWithin(0, CODE_BYTES_MAX - keep);
      this.#length = keep;
      this.#isSkipping = true;
    }
    this.#buffer[this.#length++] = byte;
    const suffix = this.#delimiters.suffixes.find((ending) => this.#endsWith(ending));
    if (suffix === undefined) return;
    const bytes = this.#buffer.slice(0, this.#length);
    if (this.#isSkipping) this.#skipped.push(...bytes);
    this.#tellSkipped(framed);
    if (!this.#isSkipping) this.#emit(bytes, suffix.length, framed);
    this.#reset();
  }

  /** The code between the last prefix and the suffix; what stands before the prefix is noise. */
  #emit(bytes: Uint8Array, suffixBytes: number, framed: Framed<Uint8Array>[]): void {
    const { prefix } = this.#delimiters;
    const end = bytes.length - suffixBytes;
    const at = prefix.length === 0 ? 0 : lastIndexOf(bytes.subarray(0, end), prefix);
    if (at < 0) {
      framed.push({ type: 'discarded', bytes, why: 'noise' });
      return;
    }
    if (at > 0) framed.push({ type: 'discarded', bytes: bytes.subarray(0, at), why: 'noise' });
    const frame = bytes.subarray(at + prefix.length, end);
    // CR LF with either of them as suffix leaves an empty code between the two.
    if (frame.length > 0) framed.push({ type: 'frame', frame, bytes: bytes.subarray(at) });
  }

  #endsWith(ending: Uint8Array): boolean {
    const at = this.#length - ending.length;
    return at >= 0 && ending.every((byte, offset) => this.#buffer[at + offset] === byte);
  }

  #tellSkipped(framed: Framed<Uint8Array>[]): void {
    if (this.#skipped.length === 0) return;
    const bytes = Uint8Array.from(this.#skipped);
    this.#skipped = [];
    framed.push({ type: 'discarded', bytes, why: 'oversized' });
  }

  #reset(): void {
    this.#length = 0;
    this.#isSkipping = false;
  }
}

/** As many as an operator can configure. */
const SUFFIX_BYTES_MAX = 8;

function lastIndexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.length - wanted.length; at >= 0; at -= 1) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  return -1;
}
