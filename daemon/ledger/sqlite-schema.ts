/**
 * The layout of ledger.db and how a connection to it is set up.
 *
 *   entries   id = epoch · 2^40 + index; leaf bytes; the leaf hash and every subtree node that this
 *             leaf completes, level 0 first. Node (level, position) of an epoch therefore stands at
 *             entry (position + 1) · 2^level − 1, offset 32 · level: roots and proofs at any size
 *             are O(log n) reads, appends touch one page at the table's end.
 *   claims    transactionId → the entry that booked it, over all epochs, for ever
 *   recent    the same for the newest, in order of arrival (claim-index.ts)
 *   answers   key of a refusal or conflict → the entry that keeps it
 *   anchors   what each anchor entry says; a ledger of an earlier release has no such table
 *   conflicts which entries are conflicts (sqlite-conflicts.ts); as anchors
 *   jobs      what peripherals were asked, and job_requests beside it (sqlite-jobs.ts); as anchors
 *   rights_…  what this gateway may spend, and what it did (rights-tables.ts); as anchors
 *   blobs     bodies that do not stand in their leaf, under their salt
 *   devices   last sequence number and rejection counters
 *   missing   (device, origin) pairs whose missing lastResult has been audited
 *   epochs    1, 2, 3 … and their origins
 *   returned  where what HQ sent back stands: its epoch number, origin, the epoch it belongs to, and
 *             its first index (since version 2)
 *
 * Durability: WAL with synchronous=FULL, so a commit returns after the fsync of the log. Automatic
 * checkpoints are off; another thread does them (wal-checkpoint-worker.ts).
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { settleWal } from '../../platform/durable/settle-wal.ts';
import { systemFailure } from '../../platform/system-failure.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { ensureConflictsTable } from './sqlite-conflicts.ts';
import { ledgerFailure } from './sqlite-failure.ts';
import { JOBS_TABLES } from './sqlite-jobs.ts';
import { RIGHTS_INDEX, RIGHTS_TABLES } from './rights-tables.ts';

export const LEDGER_FILE = 'ledger.db';

/** `TLGT`, so that `file` and a curious technician can tell what this is. */
const APPLICATION_ID = 0x544c4754;
const SCHEMA_VERSION = 2;
/** Without what HQ sends back; a writer brings it up to date, a reader takes it as it is. */
const FIRST_VERSION = 1;

/** Measured in docs/decisions.md: one sale's leaf and its claim fit best into pages of this size. */
export const PAGE_BYTES = 4096;
/** The claims of a million sales are about 30 MB; their inner pages and the hot end fit in this. */
const WRITER_CACHE_KIB = 24 * 1024;
/** Readers walk ranges and paths; they gain nothing from a larger cache. */
const READER_CACHE_KIB = 2 * 1024;
/** Nobody else writes; a checkpoint that restarts the log may hold the lock for a moment. */
const BUSY_TIMEOUT_MS = 5_000;

/** Made where it is missing, and ignored by releases that do not know it. */
export const ANCHORS_TABLE = `
CREATE TABLE IF NOT EXISTS anchors (
  entry INTEGER PRIMARY KEY, size INTEGER NOT NULL, time_seconds INTEGER NOT NULL
) STRICT;
`;

const TABLES = `
CREATE TABLE entries (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL, leaf BLOB NOT NULL) STRICT;
CREATE TABLE claims (
  transaction_id BLOB PRIMARY KEY, entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE recent (entry INTEGER PRIMARY KEY, transaction_id BLOB NOT NULL) STRICT;
CREATE TABLE answers (key BLOB PRIMARY KEY, entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (entry INTEGER PRIMARY KEY, salt BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE devices (
  device_id TEXT PRIMARY KEY, sequence_number INTEGER, rejection_day TEXT NOT NULL,
  rejected_entries INTEGER NOT NULL, rejected_bytes INTEGER NOT NULL,
  rejected_uncounted INTEGER NOT NULL, summary INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE missing (
  device_id TEXT NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (device_id, origin)
) STRICT, WITHOUT ROWID;
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE) STRICT;
`;

const RETURNED_TABLE = `
CREATE TABLE returned (
  epoch INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, of INTEGER, base INTEGER NOT NULL
) STRICT;
`;

/** The one connection that writes; makes the file and its tables where there are none. */
export function openForWriting(path: string): Database.Database {
  settleWal(path);
  const database = open(path, { timeout: BUSY_TIMEOUT_MS });
  // Each of these must come before the first table, or has to be said on every connection.
  database.pragma(`page_size = ${PAGE_BYTES}`);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 0');
  database.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
  database.pragma('temp_store = MEMORY');
  const version = layoutVersion(database);
  if (version <= FIRST_VERSION) {
    database.transaction(() => {
      if (version === 0) {
        database.exec(TABLES);
        database.pragma(`application_id = ${APPLICATION_ID}`);
      }
      database.exec(RETURNED_TABLE);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
  }
  checkVersion(database);
  database.exec(ANCHORS_TABLE);
  database.exec(JOBS_TABLES);
  database.exec(RIGHTS_TABLES);
  ensureConflictsTable(database);
  database.exec(RIGHTS_INDEX);
  return database;
}

/** A read-only connection; throws `LEDGER_MISSING` where there is no ledger. */
export function openForReading(path: string): Database.Database {
  if (!existsSync(path)) {
    throw new TillgateError('LEDGER_MISSING', `There is no ledger at ${path}.`);
  }
  const database = open(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma(`cache_size = -${READER_CACHE_KIB}`);
  } catch (error) {
    database.close();
    throw ledgerFailure(error);
  }
  checkVersion(database);
  return database;
}

/** The version of the layout, 0 for a file without one. */
function layoutVersion(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}

/** Whether this ledger has a table of what HQ sent back. */
export function keepsReturned(database: Database.Database): boolean {
  return layoutVersion(database) > FIRST_VERSION;
}

/** A ledger that is there and may not be used is never taken for one that is missing. */
function open(path: string, options: Database.Options): Database.Database {
  try {
    return new Database(path, options);
  } catch (error) {
    throw refusal(path) ?? ledgerFailure(error);
  }
}

/** SQLite only says that it cannot open a file; the system says why. */
function refusal(path: string): TillgateError | undefined {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return systemFailure(error);
  }
}

function checkVersion(database: Database.Database): void {
  const version = layoutVersion(database);
  if (version >= FIRST_VERSION && version <= SCHEMA_VERSION) return;
  database.close();
  throw new TillgateError(
    version === 0 ? 'LEDGER_MISSING' : 'LEDGER_VERSION',
    `The ledger's layout is version ${version}; this release reads up to ${SCHEMA_VERSION}.`,
  );
}
