/**
 * Writes pieces of a file in place and returns when they are on stable storage. Not atomic: a crash
 * may leave some of the pieces, so the caller can write the same again.
 *
 * System calls: open(O_CREAT|O_RDWR), pwrite, fsync, close. The name of a new file is durable when the
 * caller has synced its folder, once for many files.
 */
import { writeAllSync } from './file-system.ts';
import type { FileSystem } from './file-system.ts';

export type Piece = { offset: number; bytes: Uint8Array };

export function writePiecesDurably(disk: FileSystem, path: string, pieces: readonly Piece[]): void {
  const file = disk.openSync(path, 'create');
  try {
    for (const { offset, bytes } of pieces) writeAllSync(file, bytes, offset);
    file.syncSync();
  } finally {
    file.closeSync();
  }
}
