/**
 * Where the entries (or the blobs) of one log lie in the journal: 8 bytes each, u32 segment and
 * u32 offset, at 8 × index of a file; zero means absent. What came since the last flush is kept in
 * memory, so that the file never holds what the journal might lose, and a crash during a flush is
 * repaired by flushing the same again.
 */
import { writePiecesDurably } from '../../../platform/durable/positioned-file.ts';
import type { OpenFiles } from './open-files.ts';
import type { Position } from './layout.ts';

const SLOT_BYTES = 8;
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
    return slot.length < SLOT_BYTES ? undefined : readSlot(slot, 0);
  }

  /** Positions of [start, end), as far as they are known without a gap. */
  range(start: number, end: number): Position[] {
    const positions: Position[] = [];
    const slots = this.#files.read(this.#path, start * SLOT_BYTES, (end - start) * SLOT_BYTES);
    for (let index = start; index < end; index++) {
      const fresh = this.#fresh.get(index);
      const at = (index - start) * SLOT_BYTES;
      const stored = at + SLOT_BYTES <= slots.length ? readSlot(slots, at) : undefined;
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
      slots.writeUInt32BE(segment, (index - start) * SLOT_BYTES);
      slots.writeUInt32BE(offset, (index - start) * SLOT_BYTES + 4);
    }
    runs.push({ start, slots });
    from = i;
  }
  return runs;
}

function unpack(packed: number): Position {
  return { segment: Math.floor(packed / 2 ** 32), offset: packed % 2 ** 32 };
}

function readSlot(bytes: Buffer, at: number): Position | undefined {
  const segment = bytes.readUInt32BE(at);
  return segment === 0 ? undefined : { segment, offset: bytes.readUInt32BE(at + 4) };
}
