/** Expands zstd as the replication needs it: whole, and never beyond what was announced. */
import { zstdDecompressSync } from 'node:zlib';

/** Undefined for what is not zstd or expands beyond `bytesMax`. */
export function expandZstd(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    // Not zstd, or a bomb: node stops at maxOutputLength with one of its own errors.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
