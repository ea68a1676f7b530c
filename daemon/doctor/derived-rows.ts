/**
 * Whether what an entry tells is found again the way the ledger looks for it: the id it claims, the
 * answer it keeps, the anchor or conflict it is, the grant it received. A table that cannot be read
 * finds nothing.
 */
import Database from 'better-sqlite3';
import type { Grant } from '../../protocol/feed/right-documents.ts';
import { uuidBytes, uuidText } from '../../protocol/ids.ts';
import { isConflictLeaf } from '../ledger/conflict-mark.ts';
import type { JsonObject } from '../../protocol/json/json-value.ts';
import { readRightEvent } from '../../protocol/rights/read-rights.ts';
import { entryId } from '../ledger/entry-id.ts';
import type { EntryRef } from '../ledger/ledger-port.ts';
import { toldBy, type ReturnedEntry } from '../ledger/returned-entry.ts';

const ANCHOR_MARK = '"kind":"anchor"';

export class DerivedRows {
  readonly #claim: Database.Statement<[Uint8Array], number>;
  readonly #answer: Database.Statement<[Uint8Array], number>;
  readonly #anchor: Database.Statement<[number], number> | undefined;
  readonly #conflict: Database.Statement<[number], number> | undefined;
  readonly #grant: Database.Statement<[string, string], number> | undefined;
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
    const hasGrants = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rights_grants'");
    this.#grant =
      hasGrants.get() === undefined
        ? undefined
        : database
            .prepare<[string, string], number>(
              'SELECT 1 FROM rights_grants WHERE pool = ? AND grant_id = ? AND amount > 0',
            )
            .pluck();
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

  #tellsGrant(members: JsonObject): boolean {
    const grant = receivedIn(members);
    if (grant === undefined || this.#grant === undefined) return true;
    return this.#grant.get(grant.pool, grant.grantId) !== undefined;
  }

  #tells(entry: ReturnedEntry, ref: EntryRef): boolean {
    const told = toldBy(entry);
    if (told.rights?.kind === 'grant' && !this.#tellsGrant(told.rights.members)) return false;
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

function receivedIn(members: JsonObject): Grant | undefined {
  const event = readRightEvent(members);
  return event?.event === 'received' ? event.grant : undefined;
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
