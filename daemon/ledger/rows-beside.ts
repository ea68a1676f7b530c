/** What few entries have beside their leaf: a body, or a row by which they are found again. */
import type Database from 'better-sqlite3';
import type { EntryDraft } from './ledger-port.ts';

export class RowsBeside {
  readonly #blob: Database.Statement;
  readonly #anchor: Database.Statement;
  readonly #conflict: Database.Statement;

  constructor(database: Database.Database) {
    this.#blob = database.prepare('INSERT INTO blobs VALUES (?, ?, ?)');
    this.#anchor = database.prepare('INSERT INTO anchors VALUES (?, ?, ?)');
    this.#conflict = database.prepare('INSERT INTO conflicts VALUES (?)');
  }

  insert(id: number, { anchor, blob, isConflict }: EntryDraft): void {
    if (anchor !== undefined) this.#anchor.run(id, anchor.size, anchor.timeSeconds);
    if (isConflict === true) this.#conflict.run(id);
    if (blob !== undefined) this.#blob.run(id, blob.salt, blob.bytes);
  }
}
