/**
 * Makes durable what an earlier process wrote to an SQLite write-ahead log, before anybody reads it.
 *
 * A process that was killed between the write of a commit and its fsync leaves one that can be read
 * and is not durable, and so does one whose fsync failed: Linux then drops the changes but shows them
 * until the cache is emptied, and a later fsync finds nothing to do. Whoever acts on such a commit
 * (tells a till that its sale is booked) would be made a liar by a power cut. So the frames that
 * SQLite would read are written once more, the same bytes, and synced.
 *
 * The database's own file is left alone: closing a descriptor of it drops the locks that SQLite holds
 * on it, and whatever of it is not durable still stands in the log. Format: sqlite.org/fileformat2.html,
 * 4.1. Relies on no other process writing meanwhile.
 */
import { closeSync, existsSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectorySync } from './atomic-file.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const PAGE_SIZE_AT = 8;
/** Salts that change when the log starts over: frames of before carry others. */
const SALTS = { at: 16, inFrameAt: 8, bytes: 8 };
const PAGE_BYTES_MIN = 512;
const CHUNK_BYTES = 1024 * 1024;

/** `databaseFile` is the database's; nothing happens where it has no write-ahead log. */
export function settleWal(databaseFile: string): void {
  const wal = `${databaseFile}-wal`;
  if (!existsSync(wal)) return;
  const descriptor = openSync(wal, 'r+');
  try {
    rewrite(descriptor, writtenBytes(descriptor));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  syncDirectorySync(dirname(databaseFile));
}

/** Where the frames end that belong to this log; 0 for a file that is none. */
function writtenBytes(descriptor: number): number {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return 0;
  const pageBytes = header.readUInt32BE(PAGE_SIZE_AT);
  if (pageBytes < PAGE_BYTES_MIN) return 0;
  const salts = header.subarray(SALTS.at, SALTS.at + SALTS.bytes);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  for (let at = HEADER_BYTES; ; at += FRAME_HEADER_BYTES + pageBytes) {
    const read = readSync(descriptor, frame, 0, FRAME_HEADER_BYTES, at);
    const inFrame = frame.subarray(SALTS.inFrameAt, SALTS.inFrameAt + SALTS.bytes);
    if (read < FRAME_HEADER_BYTES || !inFrame.equals(salts)) return at;
  }
}

function rewrite(descriptor: number, bytes: number): void {
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes));
  for (let at = 0; at < bytes;) {
    const read = readSync(descriptor, chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (read === 0) return;
    for (let done = 0; done < read;) {
      done += writeSync(descriptor, chunk, done, read - done, at + done);
    }
    at += read;
  }
}
