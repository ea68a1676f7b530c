/**
 * The ledger in SQLite: one connection, the only writer of ledger.db. `transact` is one SQLite
 * transaction, durable when it returns (WAL, synchronous=FULL).
 */
import type Database from 'better-sqlite3';
import { assert } from '../../protocol/must.ts';
import type { LedgerStore, LedgerTransaction, LedgerView } from './ledger-port.ts';
import { ledgerFailure } from './sqlite-failure.ts';
import { openForWriting } from './sqlite-schema.ts';
import { SqliteTransaction } from './sqlite-transaction.ts';

export interface SqliteStoreOptions {
  /** For tests: runs on the fresh connection (page limits and the like). */
  readonly configure?: (database: Database.Database) => void;
}

export class SqliteStore implements LedgerStore {
  readonly #database: Database.Database;
  readonly #transaction: SqliteTransaction;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;

  constructor(path: string, options: SqliteStoreOptions = {}) {
    try {
      this.#database = openForWriting(path);
    } catch (error) {
      throw ledgerFailure(error);
    }
    options.configure?.(this.#database);
    this.#begin = this.#database.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#database.prepare('COMMIT');
    this.#transaction = new SqliteTransaction(this.#database);
  }

  get view(): LedgerView {
    return this.#transaction;
  }

  transact<T>(work: (transaction: LedgerTransaction) => T): T {
    assert(!this.#database.inTransaction, 'the ledger does one transaction at a time');
    const before = this.#transaction.snapshot();
    try {
      this.#begin.run();
      const result = work(this.#transaction);
      this.#transaction.flush();
      this.#commit.run();
      return result;
    } catch (error) {
      // On disk now: at most frames without a commit mark, which every reader ignores.
      this.#transaction.restore(before);
      throw ledgerFailure(this.#rollBack() ?? error);
    }
  }

  /** A roll-back that fails leaves the connection useless: that outranks the first failure. */
  #rollBack(): unknown {
    // SQLite rolls back by itself after some failures, a full disk among them.
    if (!this.#database.inTransaction) return undefined;
    try {
      this.#database.exec('ROLLBACK');
      return undefined;
    } catch (error) {
      return error;
    }
  }

  close(): void {
    this.#database.close();
  }
}
