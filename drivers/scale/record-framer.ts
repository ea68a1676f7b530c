/**
 * Frames of the scales' text protocols: a record ends with one terminator byte and, with everything
 * before it, has to match the protocol's pattern. At a terminator the longest tail of what waits that
 * is a record is the frame; what stands before it is noise. So garbage of any length swallows no good
 * record, and what waits is a window of the longest record's size.
 */
import type { Framed, Framer } from '../framer.ts';

export interface RecordShape {
  /** The last byte of a record. */
  readonly terminator: number;
  /** The first byte of a record, where all have the same. */
  readonly start?: number;
  /** Anchored at both ends; the record with its terminator, each byte as one character. */
  readonly pattern: RegExp;
  /** Bytes that are an answer by themselves (ACK, NAK) and stand in no record. */
  readonly singles?: readonly number[];
  /** The longest record. */
  readonly bytesMax: number;
}

export class RecordFramer implements Framer<string> {
  readonly #shape: RecordShape;
  readonly #window: Uint8Array;
  #length = 0;

  constructor(shape: RecordShape) {
    this.#shape = shape;
    this.#window = new Uint8Array(shape.bytesMax);
  }

  get bufferedBytes(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): readonly Framed<string>[] {
    const framed: Framed<string>[] = [];
    const overflow: number[] = [];
    for (const byte of chunk) {
      if (this.#length === this.#window.length) {
        overflow.push(this.#window[0] ?? 0);
        this.#window.copyWithin(0, 1);
        this.#length -= 1;
      }
      this.#window[this.#length++] = byte;
      const isSingle = this.#shape.singles?.includes(byte) === true;
      if (!isSingle && byte !== this.#shape.terminator) continue;
      discard(framed, Uint8Array.from(overflow.splice(0)), 'oversized');
      this.#takeRecord(framed, isSingle);
    }
    discard(framed, Uint8Array.from(overflow), 'oversized');
    return framed;
  }

  flush(): readonly Framed<string>[] {
    const framed: Framed<string>[] = [];
    discard(framed, this.#window.slice(0, this.#length), 'incomplete');
    this.#length = 0;
    return framed;
  }

  #takeRecord(framed: Framed<string>[], isSingle: boolean): void {
    const bytes = this.#window.slice(0, this.#length);
    this.#length = 0;
    const at = isSingle ? bytes.length - 1 : this.#startOfRecord(bytes);
    discard(framed, bytes.subarray(0, at), 'noise');
    if (at === bytes.length) return;
    const record = bytes.subarray(at);
    framed.push({ type: 'frame', frame: latin1(record), bytes: record });
  }

  /** Where the record begins that ends these bytes; their length where none does. */
  #startOfRecord(bytes: Uint8Array): number {
    const text = latin1(bytes);
    for (let at = 0; at < bytes.length; at += 1) {
      if (this.#shape.start !== undefined && bytes[at] !== this.#shape.start) continue;
      if (this.#shape.pattern.test(text.slice(at))) return at;
    }
    return bytes.length;
  }
}

function discard(
  framed: Framed<string>[],
  bytes: Uint8Array,
  why: 'noise' | 'oversized' | 'incomplete',
): void {
  if (bytes.length > 0) framed.push({ type: 'discarded', bytes, why });
}

/** One character a byte. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The bytes of text whose characters are all below 256. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
