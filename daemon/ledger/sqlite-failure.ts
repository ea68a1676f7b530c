/**
 * What a failing SQLite call means for the ledger. Nothing was kept by a full disk, and it heals by
 * itself; after a failed write or fsync nobody knows what is durable, so the process has to end and
 * read the tail again.
 */
import Database from 'better-sqlite3';
import { TillgateError } from '../../protocol/errors.ts';

/** Growing the WAL's index on a full disk is reported as an I/O error. */
const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']);
const BUSY = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_BUSY_SNAPSHOT']);

/** The file is not what SQLite wrote; it will be no better the next time. */
const isDamage = (code: string): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(code);

/** True for what SQLite itself threw: it may have rolled back the transaction on its own. */
export function isStorageFailure(error: unknown): boolean {
  return error instanceof Database.SqliteError;
}

/** The error to throw instead; what is not SQLite's comes back unchanged. */
export function ledgerFailure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  if (FULL.has(code)) {
    return new TillgateError('LEDGER_DISK_FULL', 'There is no space left for the ledger.', {
      retryable: true,
      cause: error,
    });
  }
  if (BUSY.has(code)) {
    return new TillgateError('LEDGER_BUSY', 'Another process holds the ledger.', {
      retryable: true,
      cause: error,
    });
  }
  return new TillgateError('LEDGER_IO', `The ledger's storage failed: ${code}: ${message}`, {
    cause: error,
    ...(isDamage(code) && { hint: 'stop the gateway and run `tillgate log doctor --repair`' }),
  });
}
