/**
 * Heads kept as files: `signed-head`, the last one this gateway signed, and `hq-head`, the last one
 * HQ cosigned. Each holds the signed note as it is, so stock tools can check it.
 */
import { parseCheckpoint, type Checkpoint } from '../../protocol/log/checkpoint.ts';
import { claimedCosignatures } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { isTillgateError, TillgateError } from '../../protocol/errors.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import type { FileSystem } from '../../platform/durable/file-system.ts';

export type StoredHead = Checkpoint & {
  note: string;
  /** When HQ says it cosigned, in seconds since 1970; absent without a cosignature. */
  timeSeconds?: number | undefined;
};

/**
 * The head in `path`, or undefined where there is none. Its signature is not checked: whoever can
 * write the file can also remove it. Throws `STORED_HEAD_INVALID` for anything but a head.
 */
export function readStoredHead(path: string, disk?: FileSystem): StoredHead | undefined {
  const bytes = readFileIfPresent(path, disk);
  if (bytes === undefined) return undefined;
  return parseStoredHead(Buffer.from(bytes).toString('utf8'), path);
}

/** The same of a note that stands in `path` with others. */
export function parseStoredHead(note: string, path: string): StoredHead {
  try {
    const parsed = parseNote(note);
    const [cosigned] = claimedCosignatures(parsed);
    return { ...parseCheckpoint(parsed.text), note, timeSeconds: cosigned?.timeSeconds };
  } catch (error) {
    if (!isTillgateError(error) || error.code === 'INTERNAL') throw error;
    throw new TillgateError('STORED_HEAD_INVALID', `${path} holds no signed checkpoint.`, {
      cause: error,
    });
  }
}

/** The same where a head that cannot be read counts as none: whoever can spoil the file can remove it. */
export function storedHeadOrNone(path: string, disk?: FileSystem): StoredHead | undefined {
  try {
    return readStoredHead(path, disk);
  } catch (error) {
    if (isTillgateError(error, 'STORED_HEAD_INVALID')) return undefined;
    throw error;
  }
}
