/**
 * Tells a folder from a copy of it, by two of its files: `still`, which is never written again after
 * it was made, and `moving`, which is written in place. A copy made by cp, rsync or out of an
 * archive has other inodes, and its files another birth. A snapshot of a whole volume keeps both,
 * but that is taken at one moment.
 *
 * Where a file system keeps no birth time, that of the last change stands in for it: hence `still`.
 */
import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { errnoOf } from './errno.ts';

const DIGITS = 16;

/** 16 hex digits that stay the same over restarts and mounts; undefined where a file is missing. */
export function folderPlace(still: string, moving: string): string | undefined {
  try {
    const { ino, birthtimeNs } = statSync(still, { bigint: true });
    const other = statSync(moving, { bigint: true });
    return hash('sha256', `${ino} ${birthtimeNs} ${other.ino}`, 'hex').slice(0, DIGITS);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
