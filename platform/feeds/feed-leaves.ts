/**
 * The newest entries of each feed as they came, with the checkpoints that headquarters signed over
 * them: what a headquarters that was restored from an older copy gets back from its gateways. Bounded;
 * older ones are in headquarters' backups by far.
 */
import type Database from 'better-sqlite3';

/** A batch as it once came, or the end of it. */
export type KeptBatch = { start: number; end: number; leaves: Uint8Array[]; note: string };

/** Of each feed: several days of publications, or one of everything that a chain has. */
const BOUNDS = { entries: 4_096, bytes: 64 * 1024 * 1024 };
/** Deleted together where the bytes are too many. */
const TRIM_ENTRIES = 128;

export class FeedLeaves {
  readonly #bounds: typeof BOUNDS;
  /** Up to `end`: an append that starts elsewhere comes after one that was rolled back. */
  readonly #counted = new Map<number, { bytes: number; end: number }>();
  readonly #insert: Database.Statement;
  readonly #sum: Database.Statement;
  readonly #lowest: Database.Statement;
  readonly #below: Database.Statement;
  readonly #trim: Database.Statement;
  readonly #end: Database.Statement;
  readonly #range: Database.Statement;

  constructor(database: Database.Database, bounds = BOUNDS) {
    this.#bounds = bounds;
    const of = 'FROM leaf WHERE generation = ?';
    this.#insert = database.prepare('INSERT OR REPLACE INTO leaf VALUES (?, ?, ?, ?)');
    this.#sum = database.prepare(`SELECT total(length(leaf)) ${of}`).pluck();
    this.#lowest = database.prepare(`SELECT min(entry) ${of}`).pluck();
    this.#below = database.prepare(`SELECT total(length(leaf)) ${of} AND entry < ?`).pluck();
    this.#trim = database.prepare(`DELETE ${of} AND entry < ?`);
    this.#end = database.prepare(
      `SELECT entry, note ${of} AND entry >= ? AND note <> '' ORDER BY entry LIMIT 1`,
    );
    this.#range = database
      .prepare(`SELECT leaf ${of} AND entry BETWEEN ? AND ? ORDER BY entry`)
      .pluck();
  }

  /** Within the transaction that takes them in; `note` is signed over all up to their end. */
  add(
    generation: number,
    { start, leaves, note }: { start: number; leaves: readonly Uint8Array[]; note: string },
  ): void {
    const end = start + leaves.length;
    let bytes = this.#bytesOf(generation, start);
    for (const [at, leaf] of leaves.entries()) {
      const isLast = at === leaves.length - 1;
      this.#insert.run(generation, start + at, leaf, isLast ? note : '');
      bytes += leaf.length;
    }
    bytes -= this.#trimBelow(generation, end - this.#bounds.entries);
    while (bytes > this.#bounds.bytes) {
      const lowest = this.lowest(generation);
      if (lowest === undefined || lowest >= end - 1) break;
      bytes -= this.#trimBelow(generation, Math.min(lowest + TRIM_ENTRIES, end - 1));
    }
    this.#counted.set(generation, { bytes, end });
  }

  /** The first entry that is kept. */
  lowest(generation: number): number | undefined {
    return (this.#lowest.get(generation) as number | null) ?? undefined;
  }

  /** Entries from `start` to the next checkpoint; undefined where they are not kept. */
  batch(generation: number, start: number): KeptBatch | undefined {
    const last = this.#end.get(generation, start) as { entry: number; note: string } | undefined;
    if (last === undefined) return undefined;
    const leaves = this.#range.all(generation, start, last.entry) as Buffer[];
    const end = last.entry + 1;
    return leaves.length === end - start ? { start, end, leaves, note: last.note } : undefined;
  }

  /** Gives the bytes that went. */
  #trimBelow(generation: number, entry: number): number {
    const lowest = this.lowest(generation);
    if (lowest === undefined || lowest >= entry) return 0;
    const gone = Number(this.#below.get(generation, entry));
    this.#trim.run(generation, entry);
    return gone;
  }

  #bytesOf(generation: number, end: number): number {
    const counted = this.#counted.get(generation);
    return counted?.end === end ? counted.bytes : Number(this.#sum.get(generation));
  }
}
