/**
 * Which blob an entry needs. Read as leniently as custody demands: a leaf that is not an entry we
 * understand needs none, and is kept all the same.
 */
import { isTillgateError } from '../errors.ts';
import { decodeEntry } from '../log/entry.ts';
import type { BlobName } from './messages.ts';

const MARK = Buffer.from('"at":"blob"', 'latin1');

/** The blob that the entry `leaf` at `index` names, if it keeps its body in one. */
export function blobNeededBy(leaf: Uint8Array, index: number): BlobName | undefined {
  // Nearly all entries are inline; the mark spares them the parse.
  if (!Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).includes(MARK)) return undefined;
  try {
    const header: Record<string, unknown> = decodeEntry(leaf).header;
    // A later version of the header may put anything there.
    const body = header['body'] as { at?: unknown; sha256?: unknown } | null | undefined;
    if (body?.at !== 'blob') return undefined;
    return isHash(body.sha256) ? { index, sha256: body.sha256 } : undefined;
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(value);
}
