/**
 * broker.db: one connection, the only one. A change is durable when `apply` returns (WAL,
 * synchronous=FULL). The lock is exclusive, so SQLite needs no shared memory file, which could not
 * grow on a full disk. What cannot be read is set aside under a dated name, and an empty file takes
 * its place: sessions are a comfort, and never a reason not to sell.
 */
import Database from 'better-sqlite3';
import { existsSync, renameSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../../protocol/clock.ts';
import { settleWal } from '../../../platform/durable/settle-wal.ts';
import { TillgateError } from '../../../protocol/errors.ts';
import { QUEUED_COLUMNS, SCHEMA_VERSION, STATEMENTS, TABLES } from './broker-changes.ts';
import type { Body, Change, StatementName, StoredState } from './broker-changes.ts';

/** `TLGB`, so that `file` can tell what this is. */
const APPLICATION_ID = 0x544c4742;
/** Rows are written once and read at most once: a cache would only hold memory. */
const CACHE_KIB = 1024;
/** Space that drained queues left is given back in slices of 4 MiB, once 16 MiB are free. */
const FREE_PAGES_KEPT = 4_096;
const FREE_PAGES_STEP = 1_024;
/** What a full disk does to SQLite; nothing of the transaction was kept, and it may be tried again. */
const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']);

export function isFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && FULL.has(error.code);
}

/** The file is not what was written to it. */
export function isDamage(error: unknown): boolean {
  if (error instanceof TillgateError) return error.code === 'BROKER_STATE_DAMAGED';
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

export class BrokerDatabase {
  readonly state: StoredState;
  readonly #path: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<StatementName, Database.Statement>();
  readonly #readBody: Database.Statement;

  /** Opens the file, or makes it; throws what SQLite throws. */
  constructor(path: string) {
    this.#path = path;
    settleWal(path);
    this.#database = new Database(path);
    try {
      prepareFile(this.#database);
      for (const [name, sql] of Object.entries(STATEMENTS)) {
        this.#statements.set(name as StatementName, this.#database.prepare(sql));
      }
      this.#readBody = this.#database.prepare('SELECT topic, payload FROM bodies WHERE id = ?');
      this.state = readState(this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get freeBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      return bavail * bsize;
    } catch {
      // A folder that is gone has no room; what that means the next write will say.
      return 0;
    }
  }

  /** All or nothing, durable on return. */
  apply(changes: Iterable<Change>): void {
    const database = this.#database;
    try {
      database.exec('BEGIN IMMEDIATE');
      for (const [name, ...values] of changes) this.#statements.get(name)?.run(...values);
      database.exec('COMMIT');
    } catch (error) {
      // SQLite rolls back by itself after some failures, a full disk among them.
      if (database.inTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The bodies that are there, by id. */
  readBodies(ids: readonly number[]): Map<number, Body> {
    const bodies = new Map<number, Body>();
    for (const id of ids) {
      const body = this.#readBody.get(id) as Body | undefined;
      if (body !== undefined) bodies.set(id, body);
    }
    return bodies;
  }

  /** Gives a slice of unused space back to the disk; false when there is little. */
  shrink(): boolean {
    const free = Number(this.#database.pragma('freelist_count', { simple: true }));
    if (free < FREE_PAGES_KEPT) return false;
    this.#database.pragma(`incremental_vacuum(${FREE_PAGES_STEP})`);
    return true;
  }

  close(): void {
    this.#database.close();
  }
}

/** Moves the file out of the way; returns its new name. */
export function setAside(path: string, clock: Clock): string {
  const stamp = new Date(clock.wallMs()).toISOString().replaceAll(':', '-');
  const aside = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

function prepareFile(database: Database.Database): void {
  database.pragma('locking_mode = EXCLUSIVE');
  const isNew = database.pragma('user_version', { simple: true }) === 0;
  // Said to a file that is there it would be a write, which a full disk fails; before the first table.
  if (isNew) database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`cache_size = -${CACHE_KIB}`);
  database.pragma('foreign_keys = ON');
  if (isNew) {
    database.transaction(() => {
      database.exec(TABLES);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
  }
  const version = database.pragma('user_version', { simple: true });
  if (version === SCHEMA_VERSION) return;
  throw new TillgateError(
    'BROKER_STATE_DAMAGED',
    `Its layout is version ${String(version)}; this release reads ${SCHEMA_VERSION}.`,
  );
}

function readState(database: Database.Database): StoredState {
  const all = <Row>(sql: string): Row[] => database.prepare(sql).all() as Row[];
  const [clock] = all<{ hours: number }>('SELECT hours FROM clock');
  const [bodies] = all<{ last: number | null }>('SELECT max(id) AS last FROM bodies');
  return {
    hours: clock?.hours ?? 0,
    sessions: all('SELECT id, name, left_hour AS leftHour FROM sessions'),
    filters: all('SELECT session, filter, options FROM filters'),
    queued: readQueued(database),
    received: all('SELECT session, packet_id AS packetId FROM received'),
    retained: all('SELECT topic, qos, payload FROM retained'),
    wills: all<StoredWillRow>('SELECT session, topic, qos, retain, payload FROM wills').map(
      (will) => ({ ...will, retain: will.retain === 1 }),
    ),
    lastBody: bodies?.last ?? 0,
  };
}

type StoredWillRow = Omit<StoredState['wills'][number], 'retain'> & { retain: number };

function readQueued(database: Database.Database): Float64Array {
  const count = Number(database.prepare('SELECT count(*) FROM queued').pluck().get());
  const rows = new Float64Array(count * QUEUED_COLUMNS);
  let at = 0;
  // In order of arrival within each session, which is the order of the key.
  for (const row of database.prepare('SELECT * FROM queued').raw().iterate()) {
    rows.set(row as number[], at);
    at += QUEUED_COLUMNS;
  }
  return rows;
}
