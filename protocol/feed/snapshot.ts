/**
 * A snapshot of a feed: every document that is in force after its first `size` entries, for a gateway
 * that would otherwise take all of them in. Signed by the feed's key under the feed's name:
 *
 *     tillgate-snapshot/v1
 *     ORIGIN
 *     {"checkpoint":…,"chunks":[{"sha256":…}…],"documents":…,"frontier":[…],"origin":…,"root":…,"schemaVersion":…,"size":…}
 *
 * The frontier gives the root, which is how its reader goes on mirroring from `size`, and `checkpoint`
 * is headquarters' own of just that size. A chunk is one zstd frame of lines; its hash is of the bytes
 * as they travel, so nothing is expanded that headquarters did not sign. Pure.
 *
 * A line is that of a change (change.ts) that puts a document, with the `entry` that said it last.
 */
import { hash } from 'node:crypto';
import { isTillgateError } from '../errors.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { decodeBase64, encodeBase64 } from '../log/base64.ts';
import { canonicalText, parseCanonicalText } from '../log/canonical-line.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { Frontier, HASH_BYTES, hashesEqual } from '../log/merkle.ts';
import { signNote, verifyNote } from '../log/note.ts';
import type { NoteSigner } from '../log/note.ts';
import { must } from '../must.ts';
import { SNAPSHOT_PART_BYTES_MAX } from '../replication/limits.ts';

export type FeedSnapshot = {
  origin: string;
  size: number;
  frontier: Frontier;
  /** The latest form of documents that its writer knows. */
  schemaVersion: number;
  documents: number;
  /** The signed checkpoint of `size`. */
  checkpoint: string;
  /** Base64. */
  chunks: readonly { sha256: string }[];
};

export type OpenedSnapshot = { ok: true; snapshot: FeedSnapshot } | { ok: false; detail: string };

/** The version of snapshots that this release reads and writes. */
export const SNAPSHOT_VERSION = 1;
const FIRST_LINE = `tillgate-snapshot/v${SNAPSHOT_VERSION}`;

/** What a chunk may weigh on the wire. */
export const CHUNK_BYTES_MAX = SNAPSHOT_PART_BYTES_MAX;
/** What a chunk may expand to: bounds its reader's memory. */
export const CHUNK_EXPANDED_BYTES_MAX = 1024 * 1024;
/** So that the signed snapshot fits a message: some million documents. */
export const CHUNKS_MAX = 960;

const LF = 0x0a;

/** Signed; `signer` is the feed's. */
export function signSnapshot(snapshot: FeedSnapshot, signer: NoteSigner): string {
  const { origin, size, frontier, schemaVersion, documents, checkpoint, chunks } = snapshot;
  const root = encodeBase64(frontier.root());
  const nodes = frontier.nodes.map((node) => encodeBase64(node));
  const counts = { size, schemaVersion, documents };
  const value = { origin, ...counts, root, frontier: nodes, checkpoint, chunks: [...chunks] };
  const text = must(canonicalText(value), 'a snapshot has a canonical form');
  return signNote(`${FIRST_LINE}\n${origin}\n${text}\n`, signer);
}

/** How messages name it. */
export function snapshotNameOf(note: string): string {
  return hash('sha256', note, 'hex');
}

/** Everything that is signed, and that it fits together. `vkey` is the feed's. Never throws. */
export function openSnapshot(note: string, vkey: string): OpenedSnapshot {
  try {
    const { text } = verifyNote(note, [vkey]);
    const [version, origin = '', line = '', end, ...more] = text.split('\n');
    if (version !== FIRST_LINE || end !== '' || more.length > 0) {
      return refuse(`it is no snapshot of version ${SNAPSHOT_VERSION}`);
    }
    const value = parseCanonicalText(line);
    if (!isJsonObject(value)) return refuse('it is not an object in RFC 8785 form');
    if (value['origin'] !== origin) return refuse('it names two feeds');
    return read(value, origin, vkey);
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return refuse(error.message);
    throw error;
  }
}

/** Is `bytes` the chunk that was signed at `index`? */
export function isChunk(snapshot: FeedSnapshot, index: number, bytes: Uint8Array): boolean {
  const chunk = snapshot.chunks[index];
  return bytes.length <= CHUNK_BYTES_MAX && chunk?.sha256 === hash('sha256', bytes, 'base64');
}

/** The line of a document whose canonical text is `body`. */
export function snapshotLine(of: { collection: string; body: string; entry: number }): string {
  const { collection, body, entry } = of;
  return `{"collection":${JSON.stringify(collection)},"document":${body},"entry":${entry},"op":"put"}`;
}

/** The lines of an expanded chunk, as bytes; each is judged by itself. */
export function linesOfChunk(expanded: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < expanded.length;) {
    const found = expanded.indexOf(LF, start);
    const end = found === -1 ? expanded.length : found;
    lines.push(expanded.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** The entry that a line says; 0 where it says none. */
export function entryOfLine(value: Json | undefined): number {
  const entry = isJsonObject(value) ? value['entry'] : undefined;
  return isCount(entry) ? entry : 0;
}

function read(value: JsonObject, origin: string, vkey: string): OpenedSnapshot {
  const { size, schemaVersion, documents, checkpoint } = value;
  if (!isCount(size) || !isCount(schemaVersion) || !isCount(documents)) {
    return refuse('a number of it is none');
  }
  const nodes = hashes(value['frontier']);
  const chunks = chunksOf(value['chunks']);
  if (nodes === undefined || chunks === undefined || typeof checkpoint !== 'string') {
    return refuse('its lists have another form');
  }
  if (nodes.length !== ones(size)) return refuse('its frontier does not fit its size');
  const frontier = new Frontier(size, nodes);
  const root = typeof value['root'] === 'string' ? decodeBase64(value['root']) : undefined;
  if (root === undefined || size === 0 || !hashesEqual(frontier.root(), root)) {
    return refuse('its frontier does not lead to its root');
  }
  const signed = openCheckpoint(checkpoint, [vkey]);
  if (signed.origin !== origin || signed.size !== size || !hashesEqual(signed.root, root)) {
    return refuse('its checkpoint is of another head');
  }
  const snapshot = { origin, size, frontier, schemaVersion, documents, checkpoint, chunks };
  return { ok: true, snapshot };
}

function hashes(value: Json | undefined): Uint8Array[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const nodes = value.map((text) => (typeof text === 'string' ? decodeBase64(text) : undefined));
  return nodes.every((node) => node?.length === HASH_BYTES) ? (nodes as Uint8Array[]) : undefined;
}

function chunksOf(value: Json | undefined): { sha256: string }[] | undefined {
  if (!Array.isArray(value) || value.length > CHUNKS_MAX) return undefined;
  const chunks = value.flatMap((chunk) => {
    const sha256 = isJsonObject(chunk) ? chunk['sha256'] : undefined;
    return typeof sha256 === 'string' ? [{ sha256 }] : [];
  });
  return chunks.length === value.length ? chunks : undefined;
}

function ones(size: number): number {
  return size.toString(2).replaceAll('0', '').length;
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function refuse(detail: string): OpenedSnapshot {
  return { ok: false, detail };
}
