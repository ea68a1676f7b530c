/** The file of feeds.db: made, opened, told from another, and set aside when it is damaged. */
import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { TillgateError } from '../../protocol/errors.ts';
import { FEED_LAYOUT, FEED_TABLES, FEED_TABLES_2 } from './feed-tables.ts';

/** `TLGF`, so that `file` can tell what this is. */
const APPLICATION_ID = 0x544c4746;
const CACHE_KIB = 8 * 1024;
const INCARNATION_BYTES = 16;

/** The file is not what was written to it. */
export function isFeedDamage(error: unknown): boolean {
  if (error instanceof TillgateError) return error.code === 'FEED_DATABASE_DAMAGED';
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** The file cannot be written for now. */
export function isFeedDiskFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR)/.test(error.code);
}

/** Moves a damaged file out of the way; gives its new name. */
export function setFeedsAside(path: string, wallMs: number): string {
  const aside = `${path}.damaged-${new Date(wallMs).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

/** The next name of documents in this file; within a transaction. */
export function nextGeneration(database: Database.Database): number {
  const next = "SELECT value + 1 FROM meta WHERE name = 'generation'";
  const generation = Number(database.prepare(next).pluck().get());
  database.prepare("UPDATE meta SET value = ? WHERE name = 'generation'").run(String(generation));
  return generation;
}

/** For what may be done once more: its commits do not wait for the disk. Not within a transaction. */
export function withoutWaiting<T>(database: Database.Database, work: () => T): T {
  database.pragma('synchronous = NORMAL');
  try {
    return work();
  } finally {
    database.pragma('synchronous = FULL');
  }
}

/** Settings and tables; throws `FEED_DATABASE_DAMAGED` for another layout. */
export function prepareFile(database: Database.Database): void {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`cache_size = -${CACHE_KIB}`);
  const version = database.pragma('user_version', { simple: true });
  if (version === FEED_LAYOUT) return;
  if (version !== 0 && version !== 1) {
    throw new TillgateError(
      'FEED_DATABASE_DAMAGED',
      `Its layout is version ${String(version)}; this release reads ${FEED_LAYOUT}.`,
    );
  }
  database.transaction(() => {
    if (version === 0) {
      database.exec(FEED_TABLES);
      const insert = database.prepare('INSERT INTO meta VALUES (?, ?)');
      insert.run('incarnation', randomBytes(INCARNATION_BYTES).toString('hex'));
      insert.run('generation', '0');
    }
    database.exec(FEED_TABLES_2);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${FEED_LAYOUT}`);
  })();
}
