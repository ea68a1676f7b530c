/**
 * Packing for the wire, the same on either side: as many leaves as a message holds, and blobs in
 * parts. Relies on the caller for the bytes and for the checkpoint.
 */
import { packEntries, type Compress, type PackedEntries } from './batch-entries.ts';
import { BLOB_PART_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts';
import { encodeMessage, type BlobName } from './messages.ts';

/** Words, numbers, lengths, root and signature in the header and checkpoint of a batch. */
const FRAME_BYTES = 640;
/** Aim below the limit: one pack that fits is cheaper than two. */
export const PACK_AIM = 0.92;

/** What the packed entries of one batch may weigh; the origin stands in its frame three times. */
export function packedBytesMaxOf(origin: string): number {
  return MESSAGE_BYTES_MAX - FRAME_BYTES - 3 * Buffer.byteLength(origin);
}

/** Packs; drops leaves from the end of `leaves` until the rest fits. One alone may be too large. */
export function packFitting(
  leaves: Uint8Array[],
  packedBytesMax: number,
  compress: Compress,
): PackedEntries {
  for (;;) {
    const packed = packEntries(leaves, compress);
    if (packed.packed.length <= packedBytesMax || leaves.length === 1) return packed;
    const fits = Math.floor((leaves.length * packedBytesMax * PACK_AIM) / packed.packed.length);
    leaves.length = Math.max(1, Math.min(fits, leaves.length - 1));
  }
}

/** The messages that carry a blob; `whole` is salt ‖ bytes. */
export function blobParts(
  blob: BlobName & { origin: string; round: number },
  whole: Uint8Array,
): Uint8Array[] {
  const { length } = whole;
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < length; offset += BLOB_PART_BYTES_MAX) {
    const part = whole.subarray(offset, offset + BLOB_PART_BYTES_MAX);
    parts.push(encodeMessage({ type: 'blob', ...blob, length, offset, part }));
  }
  return parts;
}
