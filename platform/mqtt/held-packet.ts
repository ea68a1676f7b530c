/** The beginning of a packet whose rest has not come, joined once when it has. */

/** A tail below this part of its chunk is copied, so that it does not keep the chunk alive. */
const TAIL_COPY_FRACTION = 4;

export class HeldPacket {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #neededBytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isComplete(): boolean {
    return this.#bytes >= this.#neededBytes;
  }

  /** It has to have so many bytes before more can be said of it. */
  needs(bytes: number): 'partial' {
    this.#neededBytes = bytes;
    return 'partial';
  }

  /** Begins with the end of a chunk of `chunkBytes`; may keep a view of it. */
  begin(tail: Buffer, chunkBytes: number): void {
    const isSmall = tail.length * TAIL_COPY_FRACTION < chunkBytes;
    this.#pieces = [isSmall ? Buffer.from(tail) : tail];
    this.#bytes = tail.length;
  }

  /** Adds what it needs of `chunk` from `from` on; returns where that ends. */
  add(chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + this.#neededBytes - this.#bytes);
    this.#pieces.push(end - from < chunk.length ? chunk.subarray(from, end) : chunk);
    this.#bytes += end - from;
    return end;
  }

  /** All of it; holds nothing afterwards. */
  take(): Buffer {
    const packet = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    return packet;
  }
}
