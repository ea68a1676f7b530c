/**
 * Whether what an entry tells is found again the way the ledger looks for it: the id it claims, the
 * answer it keeps, the anchor or conflict it is. A table that cannot be read finds nothing.
 */
import Database from 'better-sqlite3';
import { uuidBytes, uuidText } from '../../protocol/ids.ts';
import { isConflictLeaf } from '../ledger/conflict-mark.ts';
import { entryId } from '../ledger/entry-id.ts';
import type { EntryRef } from '../ledger/ledger-port.ts';
import { toldBy, type ReturnedEntry } from '../ledger/returned-entry.ts';

const ANCHOR_MARK = '"kind":"anchor"';

export class DerivedRows {
  readonly #claim: Database.Statement<[Uint8Array], number>;
  readonly #answer: Database.Statement<[Uint8Array], number>;
  readonly #anchor: Database.Statement<[number], number> | undefined;
  readonly #conflict: Database.Statement<[number], number> | undefined;
  /** They have no index by id in the file. */
  readonly #recent = new Map<string, number>();

  private constructor(database: Database.Database) {
    this.#claim = database
      .prepare<[Uint8Array], number>('SELECT entry FROM claims WHERE transaction_id = ?')
      .pluck();
    this.#answer = database
      .prepare<[Uint8Array], number>('SELECT entry FROM answers WHERE key = ?')
      .pluck();
    const rowOf = (table: string): Database.Statement<[number], number> | undefined => {
      const exists = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table);
      if (exists === undefined) return undefined;
      return database.prepare<[number], number>(`SELECT 1 FROM ${table} WHERE entry = ?`).pluck();
    };
    this.#anchor = rowOf('anchors');
    this.#conflict = rowOf('conflicts');
    const recent = database.prepare<[], { entry: number; transaction_id: Buffer }>(
      'SELECT entry, transaction_id FROM recent',
    );
    for (const { entry, transaction_id } of recent.iterate()) {
      this.#recent.set(uuidText(transaction_id), entry);
    }
  }

  /** Undefined where the tables cannot even be opened. */
  static of(database: Database.Database): DerivedRows | undefined {
    return tolerant(() => new DerivedRows(database));
  }

  tells(entry: ReturnedEntry, ref: EntryRef): boolean {
    return tolerant(() => this.#tells(entry, ref) && this.#tellsConflict(entry, ref)) ?? false;
  }

  #tellsConflict({ leaf }: ReturnedEntry, ref: EntryRef): boolean {
    if (this.#conflict === undefined || !isConflictLeaf(leaf)) return true;
    return this.#conflict.get(entryId(ref)) !== undefined;
  }

  #tells(entry: ReturnedEntry, ref: EntryRef): boolean {
    const told = toldBy(entry);
    switch (told.kind) {
      case 'transaction': {
        const { transactionId, isCarried } = told;
        const claim = this.#recent.get(transactionId) ?? this.#claim.get(uuidBytes(transactionId));
        // The first entry of a log with that id claims it; one that came later leaves it there.
        return claim !== undefined && (isCarried || !isAbove(claim, ref));
      }
      case 'answer':
        return this.#answer.get(told.key) !== undefined;
      case 'nothing':
        if (!Buffer.from(entry.leaf).includes(ANCHOR_MARK)) return true;
        return this.#anchor === undefined || this.#anchor.get(entryId(ref)) !== undefined;
    }
  }
}

function isAbove(claim: number, { epoch, index }: EntryRef): boolean {
  return claim > entryId({ epoch, index }) && claim < entryId({ epoch: epoch + 1, index: 0 });
}

function tolerant<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Database.SqliteError) return undefined;
    throw error;
  }
}
