/**
 * Tells a folder from a copy of it, by two of its files: `still`, which is never written again after
 * it was made, and `moving`, which is written in place. A copy made by cp, rsync or out of an
 * archive has other inodes, and its files another birth. A snapshot of a whole volume keeps both,
 * but that is taken at one moment.
 *
 * Where a file system keeps no birth time, that of the last change stands in for it: hence `still`.
 */
import { hash } from 'node:crypto';
import type { FileSystem } from './file-system.ts';

const DIGITS = 16;

/** 16 hex digits that stay the same over restarts and mounts; undefined where a file is missing. */
export function folderPlace(disk: FileSystem, still: string, moving: string): string | undefined {
  const one = disk.statSync(still);
  const other = disk.statSync(moving);
  if (one === undefined || other === undefined) return undefined;
  const text = `${one.inode} ${one.bornAt} ${other.inode}`;
  return hash('sha256', text, 'hex').slice(0, DIGITS);
}
