/**
 * Reads what can still be read of a ledger whose file may be damaged anywhere: a page that SQLite
 * refuses costs the rows on it and no others. Where the first page is gone, which holds the file's
 * header, a copy is read under the first page of a fresh ledger, because the tables are always made
 * in one order. Nothing here is believed: whoever uses it checks leaves against hashes and heads.
 */
import Database from 'better-sqlite3';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { isTillgateError } from '../../protocol/errors.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { entryId, entryRef, epochRange } from '../ledger/entry-id.ts';
import { DerivedRows } from './derived-rows.ts';
import type { Blob, EntryRef } from '../ledger/ledger-port.ts';
import { openForWriting, PAGE_BYTES } from '../ledger/sqlite-schema.ts';

export interface SalvagedEntry {
  readonly leaf: Uint8Array;
  /** The leaf hash and nodes as they are stored. */
  readonly hashes: Uint8Array;
}

export interface EpochRow {
  epoch: number;
  origin: string;
}

export interface ReturnedRow extends EpochRow {
  of: number | null;
  base: number;
}

/** After so many entries in a row that cannot be read, nothing is looked for behind them. */
const GAP_ENTRIES_MAX = 100_000;
/** A gateway opens few epochs in its life. */
const EPOCHS_TRIED = 64;
/** Where SQLite keeps the count of pages (sqlite.org/fileformat.html, 1.3). */
const PAGE_COUNT_OFFSET = 28;

export class LedgerSalvage {
  readonly #database: Database.Database;
  readonly #copy: string | undefined;
  readonly #entry: Database.Statement<[number], { hashes: Buffer; leaf: Buffer }>;
  readonly #blob: Database.Statement<[number], Blob>;

  private constructor(database: Database.Database, copy: string | undefined) {
    this.#database = database;
    this.#copy = copy;
    this.#entry = database.prepare('SELECT hashes, leaf FROM entries WHERE id = ?');
    this.#blob = database.prepare('SELECT salt, bytes FROM blobs WHERE entry = ?');
  }

  /** As it lies there, without a byte written; undefined where SQLite does not open it. */
  static look(path: string): LedgerSalvage | undefined {
    try {
      return new LedgerSalvage(new Database(path, READ_ONLY), undefined);
    } catch (error) {
      if (error instanceof Database.SqliteError) return undefined;
      throw error;
    }
  }

  static canLook(path: string): boolean {
    const seen = LedgerSalvage.look(path);
    seen?.close();
    return seen !== undefined;
  }

  /** Undefined where a fresh first page does not help either. */
  static open(path: string): LedgerSalvage | undefined {
    const seen = LedgerSalvage.look(path);
    if (seen !== undefined) return seen;
    const copy = `${path}.salvage`;
    removeLedger(copy);
    copyUnderFreshPage(path, copy);
    try {
      return new LedgerSalvage(new Database(copy), copy);
    } catch (error) {
      removeLedger(copy);
      if (error instanceof Database.SqliteError) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#database.close();
    if (this.#copy !== undefined) removeLedger(this.#copy);
  }

  /** What SQLite itself finds wrong with the file, at most `max` sentences. */
  problems(max: number): string[] {
    const check = (): string[] => {
      const rows = this.#database.prepare<[], string>(`PRAGMA integrity_check(${max})`).pluck();
      return rows.all().filter((row) => row !== 'ok');
    };
    return this.#tolerant(check) ?? ['the file is malformed'];
  }

  epochs(): EpochRow[] {
    const sql = 'SELECT epoch, origin FROM epochs ORDER BY epoch';
    const rows = this.#tolerant(() => this.#database.prepare<[], EpochRow>(sql).all()) ?? [];
    return rows.length > 0 ? rows : this.#epochsByEntries();
  }

  /** Entry 0 of each epoch names its origin. */
  #epochsByEntries(): EpochRow[] {
    const rows: EpochRow[] = [];
    for (let epoch = 1; epoch <= EPOCHS_TRIED; epoch += 1) {
      const leaf = this.entry({ epoch, index: 0 })?.leaf;
      const origin = leaf === undefined ? undefined : originIn(leaf);
      if (origin !== undefined) rows.push({ epoch, origin });
    }
    return rows;
  }

  returned(): ReturnedRow[] {
    const sql = 'SELECT epoch, origin, of, base FROM returned ORDER BY epoch';
    return this.#tolerant(() => this.#database.prepare<[], ReturnedRow>(sql).all()) ?? [];
  }

  /** Rows of a small table that nothing else says, as far as they can be read. */
  rows(table: 'devices' | 'missing' | 'jobs'): Record<string, string | number | null>[] {
    const sql = `SELECT * FROM ${table}`;
    const found: Record<string, string | number | null>[] = [];
    this.#tolerant(() => {
      const read = this.#database.prepare<[], Record<string, string | number | null>>(sql);
      for (const row of read.iterate()) found.push(row);
    });
    return found;
  }

  /** What a job was asked, by the number of its row. */
  jobRequest(id: number): string | undefined {
    const sql = 'SELECT request FROM job_requests WHERE job = ?';
    return this.#tolerant(() => this.#database.prepare<[number], string>(sql).pluck().get(id));
  }

  /** Undefined where the tables that are derived from the leaves cannot be opened. */
  derived(): DerivedRows | undefined {
    return DerivedRows.of(this.#database);
  }

  entry(ref: EntryRef): SalvagedEntry | undefined {
    return this.#tolerant(() => this.#entry.get(entryId(ref)));
  }

  blob(ref: EntryRef): Blob | undefined {
    return this.#tolerant(() => this.#blob.get(entryId(ref)));
  }

  /** One above the last entry of `epoch` that can be read. */
  end(epoch: number): number {
    const { first, end } = epochRange(epoch);
    const sql = 'SELECT max(id) FROM entries WHERE id >= ? AND id < ?';
    const last = this.#tolerant(() =>
      this.#database.prepare<[number, number], number | null>(sql).pluck().get(first, end),
    );
    if (typeof last === 'number') return entryRef(last).index + 1;
    let found = 0;
    for (let index = 0; index < found + GAP_ENTRIES_MAX; index += 1) {
      if (this.entry({ epoch, index }) !== undefined) found = index + 1;
    }
    return found;
  }

  /** Undefined where SQLite cannot read it. */
  #tolerant<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof Database.SqliteError) return undefined;
      throw error;
    }
  }
}

function originIn(leaf: Uint8Array): string | undefined {
  try {
    const { kind, origin } = decodeEntry(leaf).header;
    return kind === 'epoch' && typeof origin === 'string' ? origin : undefined;
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}

const READ_ONLY = { readonly: true, fileMustExist: true } as const;

/** A database with what SQLite keeps beside it. */
export function removeLedger(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

function copyUnderFreshPage(path: string, copy: string): void {
  const fresh = `${copy}-fresh`;
  removeLedger(fresh);
  openForWriting(fresh).close();
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  const page = Buffer.alloc(PAGE_BYTES);
  const source = openSync(fresh, 'r');
  readSync(source, page, 0, PAGE_BYTES, 0);
  closeSync(source);
  removeLedger(fresh);
  page.writeUInt32BE(Math.floor(statSync(path).size / PAGE_BYTES), PAGE_COUNT_OFFSET);
  const target = openSync(copy, 'r+');
  writeSync(target, page, 0, PAGE_BYTES, 0);
  closeSync(target);
}
