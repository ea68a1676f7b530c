/**
 * The file of stock.db: its tables, made and opened, and set aside when it is damaged. All of it can be
 * added up again from the log, so a power cut may cost the newest rows (WAL, synchronous=NORMAL), never
 * the agreement between the rows and the place in the log that they stand for.
 */
import Database from 'better-sqlite3';
import { existsSync, renameSync, rmSync } from 'node:fs';

/** `TLGK`, so that `file` can tell what this is. */
const APPLICATION_ID = 0x544c474b;
/** Raised also where a release reads more of transactions than the one before: then all is added up anew. */
const LAYOUT = 1;
const WRITER_CACHE_KIB = 2 * 1024;
const READER_CACHE_KIB = 512;
/** A reader of the same file holds it for microseconds. */
const BUSY_TIMEOUT_MS = 5_000;
const SUFFIXES = ['', '-wal', '-shm'];

const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE cursor (
  log INTEGER PRIMARY KEY, origin TEXT NOT NULL, next INTEGER NOT NULL, last BLOB NOT NULL
) STRICT;
CREATE TABLE item (
  item_id TEXT PRIMARY KEY, total INTEGER NOT NULL, is_kept INTEGER NOT NULL,
  quantity INTEGER, as_of_rank INTEGER, as_of_index INTEGER,
  entry_rank INTEGER, entry_index INTEGER, base INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE change (
  rank INTEGER NOT NULL, place INTEGER NOT NULL, item_id TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (rank, place, item_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE deficit (
  origin TEXT NOT NULL, place INTEGER NOT NULL, item_id TEXT NOT NULL, on_hand INTEGER NOT NULL,
  PRIMARY KEY (origin, place, item_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE reservation (
  reservation_id TEXT PRIMARY KEY, item_id TEXT NOT NULL, amount INTEGER NOT NULL, state TEXT NOT NULL,
  until_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_held ON reservation (item_id) WHERE state = 'held';
CREATE INDEX reservation_due ON reservation (until_ms) WHERE state = 'held';
CREATE TABLE set_aside (
  id INTEGER PRIMARY KEY, origin TEXT NOT NULL, place INTEGER NOT NULL, item_id TEXT, code TEXT NOT NULL
) STRICT;
`;

/** The file is not what was written to it, or of another layout. */
export function isStockDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** Nothing can be written for now, or the machine's disk fails; the next try may do. */
export function isStockTrouble(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR|BUSY|CANTOPEN)/.test(error.code)
  );
}

/** Moves a damaged file out of the way, over the one before; gives its new name. */
export function setStockAside(path: string): string {
  const aside = `${path}.damaged`;
  for (const suffix of SUFFIXES) {
    rmSync(aside + suffix, { force: true });
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

/** One that is whole and of another log or layout is of no use to anybody. */
export function removeStock(path: string): void {
  for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true });
}

/** Throws what SQLite throws. A file of another layout is replaced by an empty one. */
export function openStockForWriting(path: string): Database.Database {
  const database = prepared(path);
  if (layoutOf(database) === LAYOUT) return database;
  database.close();
  removeStock(path);
  return prepared(path);
}

/** Undefined where there is no such file, or none of this layout. */
export function openStockForReading(path: string): Database.Database | undefined {
  if (!existsSync(path)) return undefined;
  const database = new Database(path, {
    ...{ readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS },
  });
  try {
    database.pragma(`cache_size = -${READER_CACHE_KIB}`);
    if (layoutOf(database) === LAYOUT) return database;
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  return undefined;
}

function prepared(path: string): Database.Database {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
    if (layoutOf(database) === 0) {
      database.transaction(() => {
        database.exec(TABLES);
        database.pragma(`application_id = ${APPLICATION_ID}`);
        database.pragma(`user_version = ${LAYOUT}`);
      })();
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function layoutOf(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}
