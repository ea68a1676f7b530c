/**
 * Writes pieces of a file in place and returns when they are on stable storage. Not atomic: a crash
 * may leave some of the pieces, so the caller can write the same again.
 *
 * System calls: open(O_CREAT|O_WRONLY), pwrite, fsync, close; and of the folder for a new file.
 */
import { dirname } from 'node:path';
import { writeAllSync } from './file-system.ts';
import type { FileSystem } from './file-system.ts';

export type Piece = { offset: number; bytes: Uint8Array };

export function writePiecesDurably(disk: FileSystem, path: string, pieces: readonly Piece[]): void {
  const file = disk.openSync(path, 'create');
  try {
    const isNew = file.statSync().size === 0;
    for (const { offset, bytes } of pieces) writeAllSync(file, bytes, offset);
    file.syncSync();
    if (isNew) disk.syncFolderSync(dirname(path));
  } finally {
    file.closeSync();
  }
}
