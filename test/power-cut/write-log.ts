/**
 * What block-log.c recorded, made into the states that a disk could be in at a moment of it: with
 * every write up to the last flush before that moment, and of the later ones, in any combination,
 * those that the disk happened to have written, some of them cut off between two sectors.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { SeededRandom } from '../support/seeded-random.ts';

interface WriteRecord {
  offset: number;
  length: number;
  /** Where the bytes lie in the log. */
  at: number;
}

const HEAD_BYTES = 16;
const SECTOR_BYTES = 512;
const TORN_CHANCE = 0.3;

export class WriteLog {
  readonly #log: number;
  #position = 0;
  /** Writes after the last flush that was read. */
  #unflushed: WriteRecord[] = [];

  constructor(path: string) {
    this.#log = openSync(path, 'r');
  }

  /** The moment, in bytes of the log. */
  get length(): number {
    return fstatSync(this.#log).size;
  }

  close(): void {
    closeSync(this.#log);
  }

  /** Writes to `image`, which holds what the calls before made it, what is certain by `moment`. */
  applyFlushed(image: number, moment: number): void {
    const head = Buffer.alloc(HEAD_BYTES);
    while (this.#position < moment) {
      readSync(this.#log, head, 0, HEAD_BYTES, this.#position);
      const offset = Number(head.readBigUInt64LE(0));
      const length = Number(head.readBigUInt64LE(8));
      const at = this.#position + HEAD_BYTES;
      this.#position = at + length;
      if (length > 0) {
        this.#unflushed.push({ offset, length, at });
        continue;
      }
      for (const record of this.#unflushed) this.#apply(image, record, record.length);
      this.#unflushed = [];
    }
  }

  /** Adds to a copy of that image what of the rest reached the disk, as chance has it. */
  applySome(image: number, random: SeededRandom): void {
    const keptShare = random.pick([0, 0.1, 0.5, 0.9, 1]);
    for (const record of this.#unflushed) {
      if (!random.chance(keptShare)) continue;
      const sectors = Math.ceil(record.length / SECTOR_BYTES);
      const isTorn = sectors > 1 && random.chance(TORN_CHANCE);
      const length = isTorn ? (1 + random.below(sectors - 1)) * SECTOR_BYTES : record.length;
      this.#apply(image, record, length);
    }
  }

  #apply(image: number, { offset, at }: WriteRecord, length: number): void {
    const bytes = Buffer.alloc(length);
    readSync(this.#log, bytes, 0, length, at);
    writeSync(image, bytes, 0, length, offset);
  }
}
