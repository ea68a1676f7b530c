/**
 * Builds batches as large as the wire allows: how many entries fit 64 KiB depends on how well they
 * shrink, so the builder starts from the ratio seen lately, and cuts and packs again where it was
 * too bold. The blobs of a batch's entries come before it, in parts.
 */
import { zstdCompressSync } from 'node:zlib';
import { must } from '../../protocol/must.ts';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import type { PackedEntries } from '../../protocol/replication/batch-entries.ts';
import { encodeMessage, type BlobName } from '../../protocol/replication/messages.ts';
import { BATCH_EXPANDED_BYTES_MAX } from '../../protocol/replication/limits.ts';
import {
  blobParts,
  packedBytesMaxOf,
  packFitting,
  PACK_AIM,
} from '../../protocol/replication/pack-batch.ts';
import type { SignedLog } from '../signing/signed-log.ts';

export type BuiltMessage = { type: 'blob' | 'batch'; payload: Uint8Array };

export type BuiltBatch = {
  start: number;
  end: number;
  entries: number;
  /** Of all messages together. */
  bytes: number;
  messages: readonly BuiltMessage[];
};

export type BatchBuilderOptions = {
  log: SignedLog;
  /** The signed checkpoint of a committed size. */
  noteAt: (size: number) => string;
};

/** Each leaf stands behind its length. */
const LENGTH_BYTES = 4;
/** Blobs are sent before their batch; a batch ends early rather than dragging many along. */
const BATCH_BLOB_BYTES_MAX = 512 * 1024;
/** How much the newest batch moves the expected ratio. */
const RATIO_WEIGHT = 0.3;

export class BatchBuilder {
  readonly #options: BatchBuilderOptions;
  /** Packed bytes for each plain byte, as seen lately; starts pessimistic. */
  #ratio = 0.5;

  constructor(options: BatchBuilderOptions) {
    this.#options = options;
  }

  /** A batch from `start` on, of at least one entry and not beyond `endMax`. */
  build(range: { round: number; start: number; endMax: number }): BuiltBatch {
    const { log, noteAt } = this.#options;
    const { round, start } = range;
    const packedBytesMax = packedBytesMaxOf(log.origin);
    const { leaves, blobs } = this.#read(range, packedBytesMax);
    const packed = this.#pack(leaves, packedBytesMax);
    const end = start + leaves.length;
    const { origin } = log;
    const messages = blobs
      .filter((blob) => blob.index < end)
      .flatMap((blob) => this.#blobParts(blob, round));
    const batch = {
      type: 'batch',
      origin,
      round,
      start,
      end,
      note: noteAt(end),
      ...packed,
    } as const;
    messages.push({ type: 'batch', payload: encodeMessage(batch) });
    const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
    return { start, end, entries: leaves.length, bytes, messages };
  }

  #read(
    range: { start: number; endMax: number },
    packedBytesMax: number,
  ): { leaves: Uint8Array[]; blobs: BlobName[] } {
    const plainBytesMax = Math.min(
      BATCH_EXPANDED_BYTES_MAX,
      Math.floor((packedBytesMax * PACK_AIM) / this.#ratio),
    );
    const leaves: Uint8Array[] = [];
    const blobs: BlobName[] = [];
    let plainBytes = 0;
    let blobBytes = 0;
    for (const { index, leaf } of this.#options.log.entries(range.start, range.endMax)) {
      plainBytes += LENGTH_BYTES + leaf.length;
      const full = plainBytes > plainBytesMax || blobBytes > BATCH_BLOB_BYTES_MAX;
      if (full && leaves.length > 0) break;
      leaves.push(leaf);
      const blob = blobNeededBy(leaf, index);
      if (blob === undefined) continue;
      blobs.push(blob);
      blobBytes += this.#options.log.blob(index)?.bytes.length ?? 0;
    }
    must(leaves[0], 'a committed range has entries');
    return { leaves, blobs };
  }

  #pack(leaves: Uint8Array[], packedBytesMax: number): PackedEntries {
    const { length } = leaves;
    const packed = packFitting(leaves, packedBytesMax, (bytes) => zstdCompressSync(bytes));
    const ratio = packed.packed.length / packed.expandedBytes;
    // Where it aimed too high, what came of it counts alone.
    const weight = leaves.length < length ? 1 : RATIO_WEIGHT;
    this.#ratio += (ratio - this.#ratio) * weight;
    return packed;
  }

  #blobParts(blob: BlobName, round: number): BuiltMessage[] {
    const { log } = this.#options;
    const kept = log.blob(blob.index);
    // Gone from here: nothing to send, and the mirror's head will name it as missing.
    if (kept === undefined) return [];
    const { origin } = log;
    const whole = Buffer.concat([kept.salt, kept.bytes]);
    return blobParts({ origin, round, ...blob }, whole).map((payload) => ({
      type: 'blob',
      payload,
    }));
  }
}
