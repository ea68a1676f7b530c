/**
 * Space set aside on the ledger's disk: a file of real blocks. When the disk is full, sales are
 * refused (`LEDGER_DISK_FULL`), but giving this file back leaves room for what must still be written
 * then: the gateway's own entries, and the checkpoint of the write-ahead log.
 */
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { errnoOf } from '../../platform/durable/errno.ts';

/** In the data folder. */
export const RESERVE_FILE = 'reserve';
/** Room for thousands of the gateway's own entries. */
export const RESERVE_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

export class SpaceReserve {
  readonly #path: string;
  readonly #bytes: number;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Takes the space if it is not taken yet and would leave as much again free. */
  take(): void {
    if (this.#bytes === 0 || this.#size() >= this.#bytes) return;
    if (freeBytes(this.#path) < 2 * this.#bytes) return;
    const file = openSync(this.#path, 'w', 0o600);
    try {
      // Zeros are written, not a hole: only blocks that exist can be given back.
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (let at = 0; at < this.#bytes; at += CHUNK_BYTES) {
        writeSync(file, chunk, 0, Math.min(CHUNK_BYTES, this.#bytes - at));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Gives the space back; true when there was any. */
  release(): boolean {
    if (this.#size() === 0) return false;
    rmSync(this.#path, { force: true });
    return true;
  }

  #size(): number {
    try {
      return statSync(this.#path).size;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 0;
      throw error;
    }
  }
}

/** Bytes an unprivileged process may still write on the disk that holds `path`'s folder. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path.slice(0, path.lastIndexOf('/')));
  return bavail * bsize;
}
