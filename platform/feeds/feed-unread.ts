/**
 * What went to quarantine, as it came. A release that knows other forms of documents than the one
 * that wrote here looks at all of it again, in the order of the feed; what was said later about the
 * same document stays. Bounded: what is beyond is settled by publishing it once more.
 */
import type Database from 'better-sqlite3';
import { hash } from 'node:crypto';
import { checkChange } from '../../protocol/feed/change.ts';
import { COLLECTIONS, FEED_SCHEMA_VERSION } from '../../protocol/feed/documents.ts';
import { readLine } from '../../protocol/feed/feed-entry.ts';
import { applyFeedEntry, applyLines } from '../../protocol/feed/reducer.ts';
import type { Applied, Reduced, Unread } from '../../protocol/feed/reducer.ts';
import type { FeedDocuments } from './feed-documents.ts';

/** Lines of a new collection that the feed of a large chain brings before a store is updated. */
const ROWS_MAX = 300_000;
const WHOLE_ENTRY = -1;
const PAGE = 500;

type Row = { index: number; line: number; raw: Buffer };

export class FeedUnread {
  readonly #database: Database.Database;
  readonly #rowsMax: number;
  /** Never too low, or rows would not be settled; too high by what was settled or rolled back. */
  readonly #counts = new Map<number, number>();
  readonly #insert: Database.Statement;
  readonly #settle: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #unlist: Database.Statement;
  readonly #count: Database.Statement;
  readonly #page: Database.Statement;

  constructor(database: Database.Database, rowsMax = ROWS_MAX) {
    this.#database = database;
    this.#rowsMax = rowsMax;
    this.#insert = database.prepare('INSERT OR REPLACE INTO unread VALUES (?, ?, ?, ?, ?, ?)');
    this.#settle = database.prepare(
      'DELETE FROM unread WHERE generation = ? AND collection = ? AND id = ?',
    );
    this.#remove = database.prepare(
      'DELETE FROM unread WHERE generation = ? AND entry = ? AND line = ?',
    );
    this.#unlist = database.prepare(
      'DELETE FROM quarantine WHERE generation = ? AND entry = ? AND line = ?',
    );
    this.#count = database.prepare('SELECT count(*) FROM unread WHERE generation = ?').pluck();
    this.#page = database.prepare(
      `SELECT entry AS "index", line, raw FROM unread
       WHERE generation = ? AND (entry, line) > (?, ?) ORDER BY entry, line LIMIT ${PAGE}`,
    );
  }

  add(generation: number, unread: readonly Unread[]): void {
    let count = this.#countOf(generation);
    if (unread.length > 0 && count + unread.length > this.#rowsMax) {
      count = Number(this.#count.get(generation));
    }
    for (const { index, line, collection, id, raw } of unread) {
      if (count >= this.#rowsMax) break;
      this.#insert.run(generation, index, line ?? WHOLE_ENTRY, collection, id, raw);
      count += 1;
    }
    this.#counts.set(generation, count);
  }

  settle(generation: number, applied: readonly Applied[]): void {
    if (this.#countOf(generation) === 0) return;
    for (const { collection, id } of applied) this.#settle.run(generation, collection, id);
  }

  /** True once for each release that knows other forms than the one before; within a transaction. */
  isDue(): boolean {
    const known = this.#database.prepare("SELECT value FROM meta WHERE name = 'forms'").pluck();
    const forms = formsOf();
    if (known.get() === forms) return false;
    this.#database.prepare("INSERT OR REPLACE INTO meta VALUES ('forms', ?)").run(forms);
    return true;
  }

  /** Looks at all of it again; what still cannot be read is in quarantine again. */
  retry(generation: number, documents: FeedDocuments): Reduced {
    const all: Reduced = { applied: [], quarantined: [], unread: [] };
    // Before rows go, which may be rolled back.
    this.#countOf(generation);
    let after = { index: -1, line: WHOLE_ENTRY };
    for (;;) {
      const rows = this.#page.all(generation, after.index, after.line) as Row[];
      for (const row of rows) {
        after = row;
        this.#remove.run(generation, row.index, row.line);
        this.#unlist.run(generation, row.index, row.line);
        const { applied, quarantined, unread } = reconsidered(documents, row);
        all.applied.push(...applied);
        all.quarantined.push(...quarantined);
        all.unread.push(...unread);
      }
      if (rows.length < PAGE) break;
    }
    return all;
  }

  #countOf(generation: number): number {
    const known = this.#counts.get(generation) ?? Number(this.#count.get(generation));
    this.#counts.set(generation, known);
    return known;
  }
}

function reconsidered(documents: FeedDocuments, { index, line, raw }: Row): Reduced {
  if (line === WHOLE_ENTRY) return applyFeedEntry(documents, { index, leaf: raw });
  const read = readLine(raw, line);
  const checked = read.value === undefined ? undefined : checkChange(read.value);
  if (checked?.ok === true) {
    const { collection, id } = checked.change;
    const isOld = (documents.entry(collection, id) ?? -1) > index;
    if (isOld) return { applied: [], quarantined: [], unread: [] };
  }
  return applyLines(documents, [{ ...read, index }]);
}

/** Names every form of document that this release reads. */
function formsOf(): string {
  return hash('sha256', JSON.stringify([FEED_SCHEMA_VERSION, COLLECTIONS]), 'hex');
}
