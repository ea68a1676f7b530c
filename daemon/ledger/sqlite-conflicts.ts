/**
 * The entries of kind `conflict` in ledger.db:
 *
 *   conflicts   one row an entry, nothing else: what it says stands in the entry
 *
 * Nothing here is read or written for a sale. Made where it is missing, and filled then from what an
 * earlier release wrote; ignored by releases that do not know it.
 */
import type Database from 'better-sqlite3';
import { isConflictLeaf } from './conflict-mark.ts';
import { entryRef } from './entry-id.ts';
import type { ConflictReads, EntryRef } from './ledger-port.ts';

const TABLE = 'CREATE TABLE conflicts (entry INTEGER PRIMARY KEY) STRICT';
const EXISTS = "SELECT 1 FROM sqlite_schema WHERE name = 'conflicts'";

/**
 * Conflicts with a till's submission are among the answers, which are few. Those that were found while
 * entries came back from headquarters are not: only a ledger that had some sent back is read through.
 */
const OF_ANSWERS = 'SELECT id, leaf FROM entries WHERE id IN (SELECT entry FROM answers)';
const OF_ALL = 'SELECT id, leaf FROM entries';

export function ensureConflictsTable(database: Database.Database): void {
  if (database.prepare(EXISTS).get() !== undefined) return;
  database.transaction(() => {
    database.exec(TABLE);
    const hadReturned = database.prepare('SELECT 1 FROM returned LIMIT 1').get() !== undefined;
    const rows = database.prepare<[], { id: number; leaf: Buffer }>(
      hadReturned ? OF_ALL : OF_ANSWERS,
    );
    const found: number[] = [];
    for (const { id, leaf } of rows.iterate()) if (isConflictLeaf(leaf)) found.push(id);
    const insert = database.prepare('INSERT INTO conflicts VALUES (?)');
    for (const id of found) insert.run(id);
  })();
}

interface Statements {
  readonly newest: Database.Statement<[number], number>;
  readonly count: Database.Statement<[], number>;
}

export class SqliteConflicts implements ConflictReads {
  readonly #database: Database.Database;
  #statements: Statements | undefined;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  newest(limit: number): readonly EntryRef[] {
    return this.#prepared()?.newest.all(limit).map(entryRef) ?? [];
  }

  count(): number {
    return this.#prepared()?.count.get() ?? 0;
  }

  /** A reader may be open before the writer has made the table. */
  #prepared(): Statements | undefined {
    if (this.#statements !== undefined) return this.#statements;
    const database = this.#database;
    if (database.prepare(EXISTS).get() === undefined) return undefined;
    this.#statements = {
      newest: database
        .prepare<[number], number>('SELECT entry FROM conflicts ORDER BY entry DESC LIMIT ?')
        .pluck(),
      count: database.prepare<[], number>('SELECT count(*) FROM conflicts').pluck(),
    };
    return this.#statements;
  }
}
