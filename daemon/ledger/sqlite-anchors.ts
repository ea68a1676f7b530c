/**
 * Finds the anchors of a log without reading the log: each look-up is a walk down one small B-tree,
 * and past the anchors that were written while the entry was still on its way to HQ, of which there
 * is one a minute at most. A ledger of an earlier release has none.
 */
import type Database from 'better-sqlite3';
import { entryId, entryRef, epochRange } from './entry-id.ts';
import type { Anchor, AnchorReads, EntryRef } from './ledger-port.ts';

interface Row {
  entry: number;
  size: number;
  time_seconds: number;
}

interface Statements {
  readonly below: Database.Statement<[number, number], Row>;
  readonly over: Database.Statement<[number, number, number], Row>;
  readonly count: Database.Statement<[number, number], number>;
}

export class SqliteAnchors implements AnchorReads {
  readonly #database: Database.Database;
  #statements: Statements | undefined;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  below(ref: EntryRef): Anchor | undefined {
    const { first } = epochRange(ref.epoch);
    return anchorOf(this.#prepared()?.below.get(first, entryId(ref)));
  }

  /** An anchor stands above all that it covers. */
  over(ref: EntryRef): Anchor | undefined {
    const { end } = epochRange(ref.epoch);
    return anchorOf(this.#prepared()?.over.get(entryId(ref), end, ref.index));
  }

  count(ref: EntryRef, end: number): number {
    return this.#prepared()?.count.get(entryId(ref), entryId({ ...ref, index: end })) ?? 0;
  }

  /** A reader may be open before the writer has made the table. */
  #prepared(): Statements | undefined {
    if (this.#statements !== undefined) return this.#statements;
    const database = this.#database;
    const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'anchors'").get();
    if (exists === undefined) return undefined;
    this.#statements = {
      below: database.prepare(
        'SELECT * FROM anchors WHERE entry >= ? AND entry < ? ORDER BY entry DESC LIMIT 1',
      ),
      over: database.prepare(
        'SELECT * FROM anchors WHERE entry > ? AND entry < ? AND size > ? ORDER BY entry LIMIT 1',
      ),
      count: database
        .prepare<[number, number], number>(
          'SELECT count(*) FROM anchors WHERE entry >= ? AND entry < ?',
        )
        .pluck(),
    };
    return this.#statements;
  }
}

function anchorOf(row: Row | undefined): Anchor | undefined {
  if (row === undefined) return undefined;
  return { ref: entryRef(row.entry), size: row.size, timeSeconds: row.time_seconds };
}
