/**
 * Puts the packets of one code together. The first byte of the data is the type of the code; whether
 * packets after the first repeat it is told differently by different models, so a first byte that is
 * the type again is taken for it. Types are control characters where codes are long enough to need
 * more than one packet, and text does not begin with those.
 */
import { CODE_BYTES_MAX } from './delimited-framer.ts';
import { SSI } from './ssi-framer.ts';
import type { SsiPacket } from './ssi-framer.ts';

export interface SsiCode {
  readonly type: number;
  readonly bytes: Uint8Array;
}

export class SsiMessage {
  #type: number | undefined;
  #parts: Uint8Array[] = [];
  #length = 0;

  add({ status, data }: SsiPacket): SsiCode | 'more' | 'oversized' {
    const isFirst = this.#type === undefined;
    const type = this.#type ?? data[0] ?? 0;
    this.#type = type;
    const part = isFirst || data[0] === type ? data.subarray(1) : data;
    this.#length += part.length;
    // Above the cap the rest is counted and not kept.
    if (this.#length <= CODE_BYTES_MAX) this.#parts.push(Uint8Array.from(part));
    if ((status & SSI.continuation) !== 0) return 'more';
    const isTooLong = this.#length > CODE_BYTES_MAX;
    const bytes = this.giveUp();
    return isTooLong ? 'oversized' : { type, bytes };
  }

  /** What there is of it. */
  giveUp(): Uint8Array {
    const bytes = Uint8Array.from(Buffer.concat(this.#parts));
    this.#type = undefined;
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }
}
