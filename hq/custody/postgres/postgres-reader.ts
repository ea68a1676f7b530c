/**
 * Reads custody in PostgreSQL, beside its writer or in another process: what is committed is
 * visible and durable, so there is nothing to refresh.
 */
import pg from 'pg';
import { TillgateError } from '../../../protocol/errors.ts';
import { HASH_BYTES } from '../../../protocol/log/merkle.ts';
import type { Hash } from '../../../protocol/log/merkle.ts';
import { assert, must } from '../../../protocol/must.ts';
import type {
  Admission,
  CustodyHead,
  CustodyReader,
  Evidence,
  IndexedEntry,
  KeptBlob,
  KeptEntry,
  NodeName,
  Tail,
  TailRecord,
} from '../custody.ts';

/** Rows fetched at a time while entries are read in a row. */
const STRETCH_ENTRIES = 1024;
/** Appends handed to a follower at a time; each holds at most 1,024 entries. */
const TAIL_APPENDS = 8;
/** Reads beside each other: API calls and the projector. */
const CONNECTIONS_MAX = 4;
/** A database that does not answer a connection in this time is as good as gone. */
const CONNECT_TIMEOUT_MS = 10_000;

const CURSOR = /^([0-9a-f]{32}):([0-9]{1,15})$/;

const HEADS_SQL = `
SELECT l.origin, l.log_vkey, h.size, h.root, h.checkpoint, h.cosigned
FROM custody.logs l JOIN custody.log_head h USING (origin_id)`;

type HeadRow = {
  origin: string;
  log_vkey: string;
  size: string;
  root: Buffer;
  checkpoint: string | null;
  cosigned: string | null;
};
type EntryRow = { idx: string; leaf: Buffer; hashes: Buffer };

export class PostgresReader implements CustodyReader {
  readonly pool: pg.Pool;
  #incarnation = '';

  constructor(url: string) {
    this.pool = openPool(url, CONNECTIONS_MAX);
  }

  /** Throws `HQ_CUSTODY_MISSING` where the database holds no custody. */
  static async open(url: string): Promise<PostgresReader> {
    const reader = new PostgresReader(url);
    await reader.readIncarnation();
    return reader;
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  async readIncarnation(): Promise<void> {
    const there = await this.query<{ there: string | null }>(
      `SELECT to_regclass('custody.life')::text AS there`,
    );
    const rows =
      there[0]?.there == null
        ? []
        : await this.query<{ incarnation: string }>('SELECT incarnation FROM custody.life');
    const first = rows[0];
    if (first === undefined) {
      throw new TillgateError('HQ_CUSTODY_MISSING', 'The database holds no custody.');
    }
    this.#incarnation = first.incarnation;
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  async heads(): Promise<CustodyHead[]> {
    return (await this.query<HeadRow>(`${HEADS_SQL} ORDER BY l.origin_id`)).map(toHead);
  }

  async head(origin: string): Promise<CustodyHead | undefined> {
    const rows = await this.query<HeadRow>(`${HEADS_SQL} WHERE l.origin = $1`, [origin]);
    return rows[0] === undefined ? undefined : toHead(rows[0]);
  }

  async admissions(): Promise<Admission[]> {
    const rows = await this.query<{ origin: string; log_vkey: string; admission: string }>(
      'SELECT origin, log_vkey, admission FROM custody.logs ORDER BY origin_id',
    );
    return rows.map((row) => ({
      origin: row.origin,
      logVkey: row.log_vkey,
      note: row.admission,
    }));
  }

  async entry(origin: string, index: number): Promise<KeptEntry | undefined> {
    return (await this.#entryRows(origin, index, index + 1))[0];
  }

  async *entries(origin: string, start: number, end: number): AsyncGenerator<IndexedEntry> {
    for (let index = start; index < end; index += STRETCH_ENTRIES) {
      const until = Math.min(end, index + STRETCH_ENTRIES);
      const entries = await this.#entryRows(origin, index, until);
      // A missing row is the reader's to see: the next index does not follow.
      for (const entry of entries) yield entry;
    }
  }

  async nodes(origin: string, names: readonly NodeName[]): Promise<Hash[]> {
    if (names.length === 0) return [];
    const rows = await this.query<{ node: Buffer }>(
      `SELECT substring(e.hashes FROM (n.level * 32 + 1)::int FOR 32) AS node
       FROM custody.logs l, unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS n (idx, level, o)
       JOIN custody.entries e ON e.idx = n.idx
       WHERE l.origin = $1 AND e.origin_id = l.origin_id ORDER BY n.o`,
      [
        origin,
        names.map(({ level, position }) => (position + 1) * 2 ** level - 1),
        names.map(({ level }) => level),
      ],
    );
    assert(rows.length === names.length, 'only complete nodes are asked for');
    return rows.map((row) => row.node);
  }

  async blob(origin: string, index: number): Promise<KeptBlob | undefined> {
    const rows = await this.query<{ sha256: Buffer; bytes: Buffer }>(
      `SELECT b.sha256, b.bytes FROM custody.blobs b JOIN custody.logs l USING (origin_id)
       WHERE l.origin = $1 AND b.idx = $2`,
      [origin, index],
    );
    return rows[0];
  }

  async blobHash(origin: string, index: number): Promise<Uint8Array | undefined> {
    const rows = await this.query<{ sha256: Buffer }>(
      `SELECT b.sha256 FROM custody.blobs b JOIN custody.logs l USING (origin_id)
       WHERE l.origin = $1 AND b.idx = $2`,
      [origin, index],
    );
    return rows[0]?.sha256;
  }

  async evidence(origin: string): Promise<Evidence[]> {
    const rows = await this.query<{ held: string; claimed: string; recorded_at_ms: string }>(
      `SELECT e.held, e.claimed, e.recorded_at_ms
       FROM custody.evidence e JOIN custody.logs l USING (origin_id)
       WHERE l.origin = $1 ORDER BY e.id`,
      [origin],
    );
    return rows.map(({ held, claimed, recorded_at_ms: recordedAtMs }) => ({
      origin,
      held,
      claimed,
      recordedAtMs: Number(recordedAtMs),
    }));
  }

  async tail(cursor: string | null): Promise<Tail> {
    const after = cursor === null ? 0 : this.#sequenceOf(cursor);
    const appends = await this.query<{
      seq: string;
      origin: string;
      start_idx: string;
      end_idx: string;
    }>(
      `SELECT a.seq, l.origin, a.start_idx, a.end_idx
       FROM custody.appends a JOIN custody.logs l USING (origin_id)
       WHERE a.seq > $1 ORDER BY a.seq LIMIT ${TAIL_APPENDS}`,
      [after],
    );
    const records: TailRecord[] = [];
    for (const { origin, start_idx: start, end_idx: end } of appends) {
      const entries = await this.#entryRows(origin, Number(start), Number(end));
      records.push({ origin, entries });
    }
    const last = appends.at(-1)?.seq ?? String(after);
    return { records, cursor: `${this.#incarnation}:${last}` };
  }

  async covers(cursor: string): Promise<boolean> {
    const parts = CURSOR.exec(cursor);
    if (parts?.[1] !== this.#incarnation) return false;
    const rows = await this.query<{ last: string }>(
      'SELECT coalesce(max(seq), 0) AS last FROM custody.appends',
    );
    return Number(parts[2]) <= Number(rows[0]?.last ?? 0);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  async query<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.pool.query<R>(sql, values)).rows;
  }

  #sequenceOf(cursor: string): number {
    return Number(must(CURSOR.exec(cursor)?.[2], 'a cursor was checked with covers before'));
  }

  async #entryRows(origin: string, start: number, end: number): Promise<IndexedEntry[]> {
    const rows = await this.query<EntryRow>(
      `SELECT e.idx, e.leaf, e.hashes FROM custody.entries e JOIN custody.logs l USING (origin_id)
       WHERE l.origin = $1 AND e.idx >= $2 AND e.idx < $3 ORDER BY e.idx`,
      [origin, start, end],
    );
    return rows.map(({ idx, leaf, hashes }) => ({
      index: Number(idx),
      leaf,
      nodes: splitHashes(hashes),
    }));
  }
}

/** Connections that ask for nothing less than durable commits. */
export function openPool(url: string, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    options: '-c synchronous_commit=on',
    application_name: 'tillgate-hq',
  });
  // An idle connection that breaks is replaced; the next query says it if the database is gone.
  pool.on('error', () => undefined);
  return pool;
}

function toHead(row: HeadRow): CustodyHead {
  const { origin, root, checkpoint, cosigned } = row;
  return { origin, logVkey: row.log_vkey, size: Number(row.size), root, checkpoint, cosigned };
}

function splitHashes(hashes: Buffer): Buffer[] {
  const nodes: Buffer[] = [];
  for (let at = 0; at + HASH_BYTES <= hashes.length; at += HASH_BYTES) {
    nodes.push(hashes.subarray(at, at + HASH_BYTES));
  }
  return nodes;
}
