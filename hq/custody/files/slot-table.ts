/**
 * Where the entries (or the blobs) of one log lie in the journal: 8 bytes each at 8 × index of a file,
 *
 *     u8 check ┊ u24 segment ┊ u32 offset
 *
 * all zeros for absent. The check, by which a flipped bit is found, is the other seven bytes and a
 * constant by exclusive or. What came since the last flush is kept in
 * memory, so that the file never holds what the journal might lose, and a crash during a flush is
 * repaired by flushing the same again.
 */
import { writePiecesDurably } from '../../../platform/durable/positioned-file.ts';
import { TillgateError } from '../../../protocol/errors.ts';
import type { OpenFiles } from './open-files.ts';
import type { Position } from './layout.ts';

const SLOT_BYTES = 8;
const CHECK = 0xa5;
/** Slots a reader keeps before it looks whether the writer has flushed them: about 6 MiB. */
const FRESH_CHECKED_ABOVE = 65_536;

export class SlotTable {
  readonly #path: string;
  readonly #files: OpenFiles;
  /** Index → segment × 2^32 + offset, which a double holds exactly below segment 2^21. */
  readonly #fresh = new Map<number, number>();
  #checkedAbove = FRESH_CHECKED_ABOVE;

  constructor(path: string, files: OpenFiles) {
    this.#path = path;
    this.#files = files;
  }

  set(index: number, position: Position): void {
    this.#fresh.set(index, position.segment * 2 ** 32 + position.offset);
  }

  get(index: number): Position | undefined {
    const fresh = this.#fresh.get(index);
    if (fresh !== undefined) return unpack(fresh);
    const slot = this.#files.read(this.#path, index * SLOT_BYTES, SLOT_BYTES);
    return slot.length < SLOT_BYTES ? undefined : this.#readSlot(slot, 0, index);
  }

  /** Positions of [start, end), as far as they are known without a gap. */
  range(start: number, end: number): Position[] {
    const positions: Position[] = [];
    const slots = this.#files.read(this.#path, start * SLOT_BYTES, (end - start) * SLOT_BYTES);
    for (let index = start; index < end; index++) {
      const fresh = this.#fresh.get(index);
      const at = (index - start) * SLOT_BYTES;
      const stored = at + SLOT_BYTES <= slots.length ? this.#readSlot(slots, at, index) : undefined;
      const position = fresh === undefined ? stored : unpack(fresh);
      if (position === undefined) break;
      positions.push(position);
    }
    return positions;
  }

  /** How many slots are kept in memory. */
  get freshCount(): number {
    return this.#fresh.size;
  }

  /**
   * For a reader, which never flushes: drops the slots that the file holds by now, because the
   * writer has flushed them. Looks only once there are many, and twice as many as were left before.
   */
  dropFlushed(): void {
    if (this.#fresh.size <= this.#checkedAbove) return;
    for (const { start, slots } of contiguousRuns(this.#fresh)) {
      const stored = this.#files.read(this.#path, start * SLOT_BYTES, slots.length);
      for (let at = 0; at + SLOT_BYTES <= stored.length; at += SLOT_BYTES) {
        const isFlushed = stored.compare(slots, at, at + SLOT_BYTES, at, at + SLOT_BYTES) === 0;
        if (isFlushed) this.#fresh.delete(start + at / SLOT_BYTES);
      }
    }
    this.#checkedAbove = Math.max(FRESH_CHECKED_ABOVE, 2 * this.#fresh.size);
  }

  /** Writes what is fresh and syncs; the caller has synced the journal before. */
  flush(): void {
    if (this.#fresh.size === 0) return;
    const pieces = contiguousRuns(this.#fresh).map(({ start, slots }) => ({
      offset: start * SLOT_BYTES,
      bytes: slots,
    }));
    writePiecesDurably(this.#files.disk, this.#path, pieces);
    this.#fresh.clear();
  }

  #readSlot(bytes: Buffer, at: number, index: number): Position | undefined {
    const slot = bytes.subarray(at, at + SLOT_BYTES);
    if (slot.every((byte) => byte === 0)) return undefined;
    if (checkOf(slot) === slot[0]) {
      return { segment: slot.readUIntBE(1, 3), offset: slot.readUInt32BE(4) };
    }
    throw new TillgateError(
      'HQ_CUSTODY_DAMAGED',
      `${this.#path} is damaged at byte ${index * SLOT_BYTES}; headquarters makes the index again ` +
        'at its next start when state.json beside the folder is removed.',
    );
  }
}

function contiguousRuns(fresh: ReadonlyMap<number, number>): { start: number; slots: Buffer }[] {
  const sorted = [...fresh].sort(([a], [b]) => a - b);
  const runs: { start: number; slots: Buffer }[] = [];
  let from = 0;
  for (let i = 1; i <= sorted.length; i++) {
    const before = sorted[i - 1];
    const here = sorted[i];
    if (before !== undefined && here?.[0] === before[0] + 1) continue;
    const slots = Buffer.alloc((i - from) * SLOT_BYTES);
    const start = sorted[from]?.[0] ?? 0;
    for (const [index, packed] of sorted.slice(from, i)) {
      const { segment, offset } = unpack(packed);
      const slot = slots.subarray((index - start) * SLOT_BYTES, (index - start + 1) * SLOT_BYTES);
      slot.writeUIntBE(segment, 1, 3);
      slot.writeUInt32BE(offset, 4);
      slot[0] = checkOf(slot);
    }
    runs.push({ start, slots });
    from = i;
  }
  return runs;
}

function unpack(packed: number): Position {
  return { segment: Math.floor(packed / 2 ** 32), offset: packed % 2 ** 32 };
}

function checkOf(slot: Buffer): number {
  return slot.subarray(1).reduce((sum, byte) => sum ^ byte, CHECK);
}
