/**
 * The lines of feeds that could not be applied, kept for people: the newest of each generation, and
 * gone once a later line about the same document was applied.
 */
import type Database from 'better-sqlite3';
import type { Applied, Quarantined } from '../../protocol/feed/reducer.ts';

/** A file of rubbish is understood after a few; more would only fill the disk. */
const ROWS_MAX = 1_000;
const SHOWN_MAX = 20;
/** For the entry as a whole, which comes before its lines; lines of snapshots are below it. */
const WHOLE_ENTRY = -1;

export class FeedQuarantine {
  readonly #insert: Database.Statement;
  readonly #settle: Database.Statement;
  readonly #count: Database.Statement;
  readonly #trim: Database.Statement;
  readonly #newest: Database.Statement;

  constructor(database: Database.Database) {
    this.#insert = database.prepare(
      'INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#settle = database.prepare(
      'DELETE FROM quarantine WHERE generation = ? AND collection = ? AND id = ?',
    );
    this.#count = database.prepare('SELECT count(*) FROM quarantine WHERE generation = ?').pluck();
    this.#trim = database.prepare(
      `DELETE FROM quarantine WHERE generation = ? AND (entry, line) NOT IN (SELECT entry, line
       FROM quarantine WHERE generation = ? ORDER BY entry DESC, line DESC LIMIT ${ROWS_MAX})`,
    );
    this.#newest = database.prepare(
      `SELECT entry AS "index", line, collection, id, code, path, message FROM quarantine
       WHERE generation = ? ORDER BY entry DESC, line DESC LIMIT ${SHOWN_MAX}`,
    );
  }

  add(generation: number, quarantined: readonly Quarantined[]): void {
    for (const { index, line, collection, id, code, path, message } of quarantined) {
      const at = line ?? WHOLE_ENTRY;
      this.#insert.run(generation, index, at, collection, id, code, path, message);
    }
    if (quarantined.length > 0 && this.#countOf(generation) > ROWS_MAX) {
      this.#trim.run(generation, generation);
    }
  }

  /** What these were refused for before is no longer so. */
  settle(generation: number, applied: readonly Applied[]): void {
    if (applied.length === 0 || this.#countOf(generation) === 0) return;
    for (const { collection, id } of applied) this.#settle.run(generation, collection, id);
  }

  list(generation: number): { count: number; newest: Quarantined[] } {
    const rows = this.#newest.all(generation) as Quarantined[];
    const newest = rows.map((row) => ({
      ...row,
      line: (row.line ?? WHOLE_ENTRY) < 0 ? null : row.line,
    }));
    return { count: this.#countOf(generation), newest };
  }

  #countOf(generation: number): number {
    return Number(this.#count.get(generation));
  }
}
