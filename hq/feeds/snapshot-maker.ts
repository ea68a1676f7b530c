/**
 * Makes the snapshot of a feed out of feeds.db: one moment of it, read through a connection of its own
 * while publications go on, and packed a little at a time, so that nothing else at headquarters waits.
 */
import Database from 'better-sqlite3';
import { hash } from 'node:crypto';
import { setImmediate as aMoment } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { FEED_SCHEMA_VERSION } from '../../protocol/feed/documents.ts';
import {
  CHUNKS_MAX,
  CHUNK_BYTES_MAX,
  CHUNK_EXPANDED_BYTES_MAX,
  signSnapshot,
  snapshotLine,
} from '../../protocol/feed/snapshot.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { signNote } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { frontierOf } from '../../platform/feeds/feed-frontier.ts';
import { FEED_COLUMNS } from '../../platform/feeds/feed-tables.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';

export type MadeSnapshot = { note: string; size: number; chunks: Uint8Array[] };

/** Documents read between two looks at what else has to be done. */
const PAGE = 500;
/** What a chunk is packed from at first; the next from as much as the last one shrank. */
const PLAIN_BYTES_FIRST = 192 * 1024;
const PLAIN_BYTES_MIN = 48 * 1024;
/** Aim below the limit: one pack that fits is cheaper than two. */
const AIM = 0.85;

type Row = { collection: string; id: string; entry: number; body: string };

/** Undefined where there is none to be had: not whole, in quarantine, or too large. */
export async function makeSnapshot(
  path: string,
  origin: string,
  signer: NoteSigner,
): Promise<MadeSnapshot | undefined> {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    database.exec('BEGIN');
    const row = database
      .prepare(`SELECT ${FEED_COLUMNS} FROM feed WHERE origin = ?`)
      .get(origin) as FeedRow | undefined;
    if (row?.size !== row?.forceSize || row === undefined || row.size === 0) return undefined;
    const inQuarantine = database.prepare('SELECT 1 FROM quarantine WHERE generation = ? LIMIT 1');
    // What this release cannot read a gateway may.
    if (inQuarantine.get(row.generation) !== undefined) return undefined;
    const { chunks, documents } = await packDocuments(database, row.generation);
    if (chunks.length > CHUNKS_MAX) return undefined;
    const frontier = frontierOf(row);
    const { size } = row;
    const checkpoint = signNote(formatCheckpoint({ origin, size, root: frontier.root() }), signer);
    const hashes = chunks.map((chunk) => ({ sha256: hash('sha256', chunk, 'base64') }));
    const head = { origin, size, frontier, checkpoint, schemaVersion: FEED_SCHEMA_VERSION };
    return { note: signSnapshot({ ...head, documents, chunks: hashes }, signer), size, chunks };
  } finally {
    database.close();
  }
}

async function packDocuments(
  database: Database.Database,
  generation: number,
): Promise<{ chunks: Uint8Array[]; documents: number }> {
  const page = database.prepare(
    `SELECT collection, id, entry, body FROM document
     WHERE generation = ? AND (collection, id) > (?, ?) ORDER BY collection, id LIMIT ${PAGE}`,
  );
  const packer = new ChunkPacker();
  let documents = 0;
  let after = { collection: '', id: '' };
  for (;;) {
    const rows = page.all(generation, after.collection, after.id) as Row[];
    for (const row of rows) packer.add(Buffer.from(`${snapshotLine(row)}\n`, 'utf8'));
    documents += rows.length;
    after = rows.at(-1) ?? after;
    if (rows.length < PAGE || packer.chunks.length > CHUNKS_MAX) break;
    await aMoment();
  }
  packer.end();
  return { chunks: packer.chunks, documents };
}

/** Lines to chunks that fit a message each. */
class ChunkPacker {
  readonly chunks: Uint8Array[] = [];
  #lines: Uint8Array[] = [];
  #bytes = 0;
  #plainMax = PLAIN_BYTES_FIRST;

  add(line: Uint8Array): void {
    if (this.#bytes + line.length > this.#plainMax) this.end();
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  end(): void {
    if (this.#lines.length > 0) this.#pack(this.#lines);
    this.#lines = [];
    this.#bytes = 0;
  }

  #pack(lines: readonly Uint8Array[]): void {
    const plain = Buffer.concat(lines);
    const packed = zstdCompressSync(plain);
    const fits = (plain.length * CHUNK_BYTES_MAX * AIM) / packed.length;
    this.#plainMax = Math.max(
      PLAIN_BYTES_MIN,
      Math.min(Math.floor(fits), CHUNK_EXPANDED_BYTES_MAX),
    );
    if (packed.length <= CHUNK_BYTES_MAX) {
      this.chunks.push(packed);
      return;
    }
    // One document alone always fits: it weighs a quarter of a chunk at most.
    const half = Math.ceil(lines.length / 2);
    this.#pack(lines.slice(0, half));
    this.#pack(lines.slice(half));
  }
}
