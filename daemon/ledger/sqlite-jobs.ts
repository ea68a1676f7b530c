/**
 * The jobs in ledger.db:
 *
 *   jobs          one row a job, in the order they were queued
 *   job_requests  what was asked, under the number of its row
 *
 * Nothing here is read or written for a sale. Made where they are missing, and ignored by releases
 * that do not know them; a reader may be open before the writer has made them, and finds none then.
 */
import type Database from 'better-sqlite3';
import { must } from '../../protocol/must.ts';
import {
  isSettled,
  type JobKey,
  type JobPruning,
  type JobReads,
  type JobRow,
  type JobState,
  type JobWrite,
} from './job-row.ts';

export const JOBS_TABLES = `
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY, device_id TEXT NOT NULL, job_id TEXT NOT NULL,
  peripheral_id TEXT NOT NULL, operation TEXT NOT NULL, is_physical INTEGER NOT NULL,
  content_hash TEXT NOT NULL, prints TEXT, copy INTEGER NOT NULL, state TEXT NOT NULL,
  answer TEXT, queued_at TEXT NOT NULL, sent_at TEXT, settled_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS job_requests (
  job INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, request TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS jobs_by_key ON jobs (device_id, job_id);
CREATE INDEX IF NOT EXISTS jobs_by_print ON jobs (prints) WHERE prints IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_unsettled ON jobs (id) WHERE settled_at IS NULL;
`;

export interface StoredJob {
  id: number;
  device_id: string;
  job_id: string;
  peripheral_id: string;
  operation: string;
  is_physical: number;
  content_hash: string;
  prints: string | null;
  copy: number;
  state: string;
  answer: string | null;
  queued_at: string;
  sent_at: string | null;
  settled_at: string | null;
}

export function jobOf(stored: StoredJob): JobRow {
  return {
    deviceId: stored.device_id,
    jobId: stored.job_id,
    peripheralId: stored.peripheral_id,
    operation: stored.operation,
    isPhysical: stored.is_physical === 1,
    contentHash: stored.content_hash,
    prints: stored.prints,
    copy: stored.copy,
    state: stored.state as JobState,
    answer: stored.answer,
    queuedAt: stored.queued_at,
    sentAt: stored.sent_at,
    settledAt: stored.settled_at,
  };
}

type Query<Row> = Database.Statement<(string | number)[], Row>;

interface Reads {
  readonly find: Query<StoredJob>;
  readonly request: Query<string>;
  readonly unsettled: Query<StoredJob>;
  readonly timesPrinted: Query<number>;
  readonly count: Query<number>;
}

export class SqliteJobReads implements JobReads {
  readonly #database: Database.Database;
  #reads: Reads | undefined;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  find({ deviceId, jobId }: JobKey): JobRow | undefined {
    const stored = this.#prepared()?.find.get(deviceId, jobId);
    return stored === undefined ? undefined : jobOf(stored);
  }

  request({ deviceId, jobId }: JobKey): string | undefined {
    return this.#prepared()?.request.get(deviceId, jobId);
  }

  unsettled(): readonly JobRow[] {
    return this.#prepared()?.unsettled.all().map(jobOf) ?? [];
  }

  timesPrinted(prints: string): number {
    return this.#prepared()?.timesPrinted.get(prints) ?? 0;
  }

  count(): number {
    return this.#prepared()?.count.get() ?? 0;
  }

  #prepared(): Reads | undefined {
    if (this.#reads !== undefined) return this.#reads;
    const database = this.#database;
    const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'jobs_unsettled'");
    if (exists.get() === undefined) return undefined;
    const query = <Row>(sql: string): Query<Row> => database.prepare(sql);
    this.#reads = {
      find: query('SELECT * FROM jobs WHERE device_id = ? AND job_id = ?'),
      request: query<string>(
        'SELECT request FROM job_requests WHERE job = ' +
          '(SELECT id FROM jobs WHERE device_id = ? AND job_id = ?)',
      ).pluck(),
      unsettled: query('SELECT * FROM jobs WHERE settled_at IS NULL ORDER BY id'),
      timesPrinted: query<number>(
        "SELECT count(*) FROM jobs WHERE prints = ? AND state IN ('sent', 'done', 'unknown')",
      ).pluck(),
      count: query<number>('SELECT count(*) FROM jobs').pluck(),
    };
    return this.#reads;
  }
}

export class SqliteJobs {
  readonly #put: Database.Statement;
  readonly #id: Query<number>;
  readonly #putRequest: Database.Statement;
  readonly #oldest: Query<StoredJob>;
  readonly #oldestRequests: Query<{ job: number }>;
  readonly #drop: Database.Statement;
  readonly #dropRequest: Query<number>;
  readonly #totals: Query<{ rows: number; bytes: number }>;
  /** Counted at the first prune, and again after a transaction that failed. */
  #known: { rows: number; bytes: number } | undefined;

  constructor(database: Database.Database) {
    this.#put = database.prepare(
      'INSERT INTO jobs (device_id, job_id, peripheral_id, operation, is_physical, content_hash, ' +
        'prints, copy, state, answer, queued_at, sent_at, settled_at) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, job_id) DO UPDATE ' +
        'SET copy = excluded.copy, state = excluded.state, answer = excluded.answer, ' +
        'sent_at = excluded.sent_at, settled_at = excluded.settled_at',
    );
    this.#id = database
      .prepare<(string | number)[], number>(
        'SELECT id FROM jobs WHERE device_id = ? AND job_id = ?',
      )
      .pluck();
    this.#putRequest = database.prepare('INSERT OR REPLACE INTO job_requests VALUES (?, ?, ?)');
    this.#oldest = database.prepare(
      'SELECT * FROM jobs WHERE settled_at IS NOT NULL ORDER BY id LIMIT ?',
    );
    this.#oldestRequests = database.prepare(
      'SELECT job FROM job_requests JOIN jobs ON id = job ' +
        'WHERE settled_at IS NOT NULL ORDER BY job LIMIT ?',
    );
    this.#drop = database.prepare('DELETE FROM jobs WHERE id = ?');
    this.#dropRequest = database
      .prepare<(string | number)[], number>(
        'DELETE FROM job_requests WHERE job = ? RETURNING bytes',
      )
      .pluck();
    this.#totals = database.prepare(
      'SELECT (SELECT count(*) FROM jobs) AS rows, ' +
        '(SELECT coalesce(sum(bytes), 0) FROM job_requests) AS bytes',
    );
  }

  write({ row, request }: JobWrite): void {
    this.#put.run(
      ...[row.deviceId, row.jobId, row.peripheralId, row.operation, row.isPhysical ? 1 : 0],
      ...[row.contentHash, row.prints, row.copy, row.state, row.answer],
      ...[row.queuedAt, row.sentAt, row.settledAt],
    );
    if (request === undefined) return;
    const id = must(this.#id.get(row.deviceId, row.jobId), 'a row that was written is there');
    const bytes = Buffer.byteLength(request ?? '');
    if (request !== null) this.#putRequest.run(id, bytes, request);
    const known = this.#known;
    if (known !== undefined) this.#known = { rows: known.rows + 1, bytes: known.bytes + bytes };
  }

  prune(pruning: JobPruning): void {
    let { rows, bytes } = this.#known ?? must(this.#totals.get(), 'a count is one row');
    for (const stored of this.#oldest.all(pruning.atMost)) {
      const isOld = (stored.settled_at ?? '') < pruning.settledBefore;
      if (!isSettled(jobOf(stored)) || !(isOld || rows > pruning.rowsMax)) break;
      this.#drop.run(stored.id);
      bytes -= this.#dropRequest.get(stored.id) ?? 0;
      rows -= 1;
    }
    if (bytes > pruning.requestBytesMax) {
      for (const { job } of this.#oldestRequests.all(pruning.atMost)) {
        bytes -= this.#dropRequest.get(job) ?? 0;
      }
    }
    this.#known = { rows, bytes };
  }

  /** After a transaction that failed. */
  forgetCounts(): void {
    this.#known = undefined;
  }
}
