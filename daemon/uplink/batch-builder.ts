/**
 * Builds batches as large as the wire allows: how many entries fit 64 KiB depends on how well they
 * shrink, so the builder starts from the ratio seen lately, and cuts and packs again where it was
 * too bold. The blobs of a batch's entries come before it, in parts.
 */
import { zstdCompressSync } from 'node:zlib';
import { must } from '../../protocol/must.ts';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import { packEntries, type PackedEntries } from '../../protocol/replication/batch-entries.ts';
import { encodeMessage, type BlobName } from '../../protocol/replication/messages.ts';
import {
  BATCH_EXPANDED_BYTES_MAX,
  BLOB_PART_BYTES_MAX,
  MESSAGE_BYTES_MAX,
} from '../../protocol/replication/limits.ts';
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

/** Words, numbers, lengths, root and signature in the header and checkpoint of a batch. */
const FRAME_BYTES = 640;
/** Each leaf stands behind its length. */
const LENGTH_BYTES = 4;
/** Blobs are sent before their batch; a batch ends early rather than dragging many along. */
const BATCH_BLOB_BYTES_MAX = 512 * 1024;
/** Aim below the limit: one pack that fits is cheaper than two. */
const AIM = 0.92;
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
    const packedBytesMax = MESSAGE_BYTES_MAX - frameBytes(log.origin);
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
      Math.floor((packedBytesMax * AIM) / this.#ratio),
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

  /** Packs; drops leaves from the end of `leaves` until the rest fits. */
  #pack(leaves: Uint8Array[], packedBytesMax: number): PackedEntries {
    for (;;) {
      const packed = packEntries(leaves, (bytes) => zstdCompressSync(bytes));
      const ratio = packed.packed.length / packed.expandedBytes;
      if (packed.packed.length <= packedBytesMax || leaves.length === 1) {
        this.#ratio += (ratio - this.#ratio) * RATIO_WEIGHT;
        return packed;
      }
      this.#ratio = ratio;
      const fits = Math.floor((leaves.length * packedBytesMax * AIM) / packed.packed.length);
      leaves.length = Math.max(1, Math.min(fits, leaves.length - 1));
    }
  }

  #blobParts(blob: BlobName, round: number): BuiltMessage[] {
    const { log } = this.#options;
    const kept = log.blob(blob.index);
    // Gone from here: nothing to send, and the mirror's head will name it as missing.
    if (kept === undefined) return [];
    const { origin } = log;
    const whole = Buffer.concat([kept.salt, kept.bytes]);
    const { length } = whole;
    const parts: BuiltMessage[] = [];
    for (let offset = 0; offset < length; offset += BLOB_PART_BYTES_MAX) {
      const part = whole.subarray(offset, offset + BLOB_PART_BYTES_MAX);
      const message = { type: 'blob', origin, round, ...blob, length, offset, part } as const;
      parts.push({ type: 'blob', payload: encodeMessage(message) });
    }
    return parts;
  }
}

/** What a batch of this log weighs beside its entries: the origin stands in it three times. */
function frameBytes(origin: string): number {
  return FRAME_BYTES + 3 * Buffer.byteLength(origin);
}
