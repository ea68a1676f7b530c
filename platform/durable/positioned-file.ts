/**
 * Writes pieces of a file in place and returns when they are on stable storage. Not atomic: a crash
 * may leave some of the pieces, so the caller can write the same again.
 *
 * System calls: open(O_CREAT|O_WRONLY), pwrite, fsync, close; and of the folder for a new file.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectorySync } from './atomic-file.ts';

export type Piece = { offset: number; bytes: Uint8Array };

export function writePiecesDurably(path: string, pieces: readonly Piece[]): void {
  const descriptor = openSync(path, constants.O_CREAT | constants.O_WRONLY, 0o644);
  try {
    const isNew = fstatSync(descriptor).size === 0;
    for (const { offset, bytes } of pieces) {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(descriptor, bytes, written, bytes.length - written, offset + written);
      }
    }
    fsyncSync(descriptor);
    if (isNew) syncDirectorySync(dirname(path));
  } finally {
    closeSync(descriptor);
  }
}
