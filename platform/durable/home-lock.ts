/**
 * One process per home. The lock is SQLite's exclusive lock on a tiny file, which is a lock of the
 * kernel on an open file: it goes when its process goes, however that ends, so there is nothing
 * stale to judge and no process id to trust. The `.pid` file beside it is only for the message.
 *
 * It guards against a second Tillgate on one home, not against a person who deletes files.
 */
import Database from 'better-sqlite3';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TillgateError } from '../../protocol/errors.ts';
import { readFileIfPresent } from './atomic-file.ts';

/** A command that holds the home for a moment must not make a starting daemon fail. */
const WAIT_MS = 1_500;

export interface HomeLock {
  release(): void;
}

/**
 * Takes the lock or throws `HOME_LOCKED`, retryable, naming the process that holds it.
 * `path` is the lock file; its folder is made if missing.
 */
export function acquireHomeLock(path: string): HomeLock {
  mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path, { timeout: WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) {
      throw error;
    }
    throw new TillgateError('HOME_LOCKED', `${holder(path)} uses this home already.`, {
      retryable: true,
      cause: error,
    });
  }
  writeFileSync(`${path}.pid`, `${process.pid}\n`);
  return { release: () => void database.close() };
}

function holder(path: string): string {
  const process = lastHolder(path);
  return process === undefined ? 'Another process' : `Another process (${process})`;
}

/** The process that took the lock last, as it noted itself; for people. */
export function lastHolder(path: string): string | undefined {
  const bytes = readFileIfPresent(`${path}.pid`);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString().trim();
}

/** Whether somebody holds the lock now; takes nothing and writes nothing. */
export function isHomeLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 });
  try {
    // Reading needs a share in what an exclusive lock keeps from everybody.
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true;
    throw error;
  } finally {
    database.close();
  }
}
