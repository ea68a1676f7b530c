/**
 * Reads custody in PostgreSQL, beside its writer or in another process: what is committed is
 * visible and durable, so there is nothing to refresh.
 */
import type pg from 'pg';
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
  Life,
  NodeName,
  Tail,
  TailRecord,
} from '../custody.ts';
import { openPool } from './open-pool.ts';

/** Rows fetched at a time while entries are read in a row. */
const STRETCH_ENTRIES = 1024;
/** Appends handed to a follower at a time; each holds at most 1,024 entries. */
const TAIL_APPENDS = 8;
/** Reads beside each other: API calls and the projector. */
const CONNECTIONS_MAX = 4;

const CURSOR = /^([0-9a-f]{32}):([0-9]{1,15}):([0-9a-f]{0,64})$/;

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
type AppendRow = {
  seq: string;
  origin: string;
  start_idx: string;
  end_idx: string;
  root: string;
};
type EntryRow = { idx: string; leaf: Buffer; hashes: Buffer };

export class PostgresReader implements CustodyReader {
  readonly pool: pg.Pool;
  #custodyId = '';
  #lives: Life[] = [];

  constructor(url: string) {
    this.pool = openPool(url, CONNECTIONS_MAX);
  }

  /** Throws `HQ_CUSTODY_MISSING` where the database holds no custody. */
  static async open(url: string): Promise<PostgresReader> {
    const reader = new PostgresReader(url);
    await reader.readLives();
    return reader;
  }

  get incarnation(): string {
    return this.#lives.at(-1)?.incarnation ?? this.#custodyId;
  }

  lives(): Promise<Life[]> {
    return Promise.resolve([...this.#lives]);
  }

  async readLives(): Promise<void> {
    const there = await this.query<{ life: string | null; lives: string | null }>(
      `SELECT to_regclass('custody.life')::text AS life, to_regclass('custody.lives')::text AS lives`,
    );
    const isThere = there[0]?.life != null;
    const rows = isThere
      ? await this.query<{ incarnation: string }>('SELECT incarnation FROM custody.life')
      : [];
    const first = rows[0];
    if (first === undefined) {
      throw new TillgateError('HQ_CUSTODY_MISSING', 'The database holds no custody.');
    }
    this.#custodyId = first.incarnation;
    if (there[0]?.lives != null) this.#lives = await readLives(this.pool);
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
      yield* entries;
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
    const after = cursor === null ? 0 : Number(must(CURSOR.exec(cursor)?.[2], 'it was covered'));
    const appends = await this.query<AppendRow>(
      `SELECT a.seq, l.origin, a.start_idx, a.end_idx, encode(a.root, 'hex') AS root
       FROM custody.appends a JOIN custody.logs l USING (origin_id)
       WHERE a.seq > $1 ORDER BY a.seq LIMIT ${TAIL_APPENDS}`,
      [after],
    );
    const records: TailRecord[] = [];
    for (const { origin, start_idx: start, end_idx: end } of appends) {
      const entries = await this.#entryRows(origin, Number(start), Number(end));
      records.push({ origin, entries });
    }
    const last = appends.at(-1);
    const next = last === undefined ? undefined : `${this.#custodyId}:${last.seq}:${last.root}`;
    return { records, cursor: next ?? cursor ?? `${this.#custodyId}:0:` };
  }

  async covers(cursor: string): Promise<boolean> {
    const parts = CURSOR.exec(cursor);
    if (parts?.[1] !== this.#custodyId) return false;
    if (parts[2] === '0') return true;
    const rows = await this.query<{ root: string }>(
      `SELECT encode(root, 'hex') AS root FROM custody.appends WHERE seq = $1`,
      [parts[2]],
    );
    return rows[0]?.root === parts[3];
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  async query<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.pool.query<R>(sql, values)).rows;
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

async function readLives(pool: pg.Pool): Promise<Life[]> {
  const { rows } = await pool.query<Omit<Life, 'beganAtMs'> & { began_at_ms: string }>(
    'SELECT incarnation, previous, reason, began_at_ms FROM custody.lives ORDER BY id',
  );
  return rows.map(({ began_at_ms: began, ...life }) => ({ ...life, beganAtMs: Number(began) }));
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
