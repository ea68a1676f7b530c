/**
 * The entries of a batch: each leaf behind its length (u32be), together compressed with zstd or as
 * they are. Compression is handed in, because it is not this folder's to choose; the expander must
 * stop at the size announced, which is what keeps a bomb from going off.
 */
import { LEAF_BYTES_MAX } from '../log/entry.ts';
import { assert } from '../must.ts';
import { BATCH_ENTRIES_MAX, BATCH_EXPANDED_BYTES_MAX } from './limits.ts';
import type { BatchMessage } from './messages.ts';

const LENGTH_BYTES = 4;

/** Compresses whole; node:zlib `zstdCompressSync` fits. */
export type Compress = (bytes: Uint8Array) => Uint8Array;

/**
 * Expands whole, to at most `bytesMax` bytes; `undefined` when `bytes` is not zstd or expands
 * further. node:zlib `zstdDecompressSync` with `maxOutputLength` fits.
 */
export type Expand = (bytes: Uint8Array, bytesMax: number) => Uint8Array | undefined;

export type PackedEntries = {
  encoding: 'zstd' | 'identity';
  expandedBytes: number;
  packed: Uint8Array;
};

export type ExpandedEntries =
  | { ok: true; leaves: Uint8Array[] }
  | { ok: false; reason: 'encoding' | 'oversize'; detail: string };

/** The leaves as one block; compressed where that makes it smaller. */
export function packEntries(leaves: readonly Uint8Array[], compress: Compress): PackedEntries {
  assert(leaves.length > 0 && leaves.length <= BATCH_ENTRIES_MAX, 'a batch has 1 to 1,024 entries');
  const parts: Uint8Array[] = [];
  for (const leaf of leaves) {
    assert(leaf.length > 0 && leaf.length <= LEAF_BYTES_MAX, 'a leaf fits its limit');
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(leaf.length);
    parts.push(length, leaf);
  }
  const plain = Buffer.concat(parts);
  assert(plain.length <= BATCH_EXPANDED_BYTES_MAX, 'a batch fits its expanded limit');
  const compressed = compress(plain);
  const smaller = compressed.length < plain.length;
  return {
    encoding: smaller ? 'zstd' : 'identity',
    expandedBytes: plain.length,
    packed: smaller ? compressed : plain,
  };
}

/** The leaves of `batch`, exactly as many as it announces. Never throws on any input. */
export function expandEntries(batch: BatchMessage, expand: Expand): ExpandedEntries {
  if (batch.expandedBytes > BATCH_EXPANDED_BYTES_MAX) return refuse('oversize', 'expands too far');
  const plain =
    batch.encoding === 'identity' ? batch.packed : expand(batch.packed, batch.expandedBytes);
  if (plain?.length !== batch.expandedBytes) {
    return refuse('encoding', 'the entries do not expand to the size announced');
  }
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const leaves: Uint8Array[] = [];
  let offset = 0;
  while (offset < plain.length) {
    if (leaves.length === batch.end - batch.start) return refuse('encoding', 'too many entries');
    if (offset + LENGTH_BYTES > plain.length) return refuse('encoding', 'a length is cut off');
    const length = view.getUint32(offset);
    offset += LENGTH_BYTES;
    if (length === 0 || length > LEAF_BYTES_MAX)
      return refuse('oversize', 'a leaf has a bad length');
    if (offset + length > plain.length) return refuse('encoding', 'an entry is cut off');
    leaves.push(plain.subarray(offset, offset + length));
    offset += length;
  }
  if (leaves.length !== batch.end - batch.start) return refuse('encoding', 'entries are missing');
  return { ok: true, leaves };
}

function refuse(reason: 'encoding' | 'oversize', detail: string): ExpandedEntries {
  return { ok: false, reason, detail };
}
