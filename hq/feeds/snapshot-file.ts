/**
 * A snapshot on headquarters' disk, one file: the signed snapshot and then its chunks, each behind its
 * length (u32be). It comes into being under another name and is whole when it has its own.
 */
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectorySync } from '../../platform/durable/atomic-file.ts';

const LENGTH_BYTES = 4;
/** A signed snapshot and a chunk are each smaller. */
const PART_BYTES_MAX = 64 * 1024;

/** Where each part of the file lies; the first is the signed snapshot. */
export type SnapshotFile = { path: string; parts: { at: number; length: number }[] };

/** Durable when it returns. */
export function writeSnapshotFile(path: string, note: string, chunks: readonly Uint8Array[]): void {
  const unfinished = `${path}.new`;
  const descriptor = openSync(unfinished, 'w');
  try {
    for (const part of [Buffer.from(note, 'utf8'), ...chunks]) {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(part.length);
      writeSync(descriptor, Buffer.concat([length, part]));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, path);
  syncDirectorySync(dirname(path));
}

/** Undefined for what is no such file. */
export function openSnapshotFile(path: string): SnapshotFile | undefined {
  const descriptor = openSync(path, 'r');
  try {
    const parts: SnapshotFile['parts'] = [];
    const header = Buffer.alloc(LENGTH_BYTES);
    for (let at = 0; ;) {
      const read = readSync(descriptor, header, 0, LENGTH_BYTES, at);
      if (read === 0) return parts.length === 0 ? undefined : { path, parts };
      const length = header.readUInt32BE();
      if (read < LENGTH_BYTES || length > PART_BYTES_MAX) return undefined;
      parts.push({ at: at + LENGTH_BYTES, length });
      at += LENGTH_BYTES + length;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Shorter where the file is; undefined where it cannot be read. */
export function readPart({ path, parts }: SnapshotFile, index: number): Uint8Array | undefined {
  const part = parts[index];
  if (part === undefined) return undefined;
  const bytes = Buffer.alloc(part.length);
  try {
    const descriptor = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(descriptor, bytes, 0, part.length, part.at));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // Somebody removed it, or the disk cannot read it: it can be made again.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

export function removeSnapshotFile(path: string): void {
  rmSync(path, { force: true });
}
