/**
 * Positioned reads of many files through few descriptors, the least recently used closed first. A
 * file that grows is read as far as it reaches at that moment.
 */
import { errnoOf } from '../../../platform/durable/errno.ts';
import type { FileSystem, OpenFile } from '../../../platform/durable/file-system.ts';
import { must } from '../../../protocol/must.ts';

/** Far below the 1,024 a process may have open by default. */
const OPEN_FILES_MAX = 128;

export class OpenFiles {
  readonly disk: FileSystem;
  readonly #open = new Map<string, OpenFile>();

  constructor(disk: FileSystem) {
    this.disk = disk;
  }

  /** Up to `length` bytes; fewer at the end of the file, none where there is no file. */
  read(path: string, offset: number, length: number): Buffer {
    const file = this.#find(path);
    if (file === undefined) return Buffer.alloc(0);
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const got = file.readSync(filled === 0 ? bytes : bytes.subarray(filled), offset + filled);
      if (got === 0) break;
      filled += got;
    }
    return bytes.subarray(0, filled);
  }

  /** Lets go of a file that is about to be removed. */
  forget(path: string): void {
    this.#open.get(path)?.closeSync();
    this.#open.delete(path);
  }

  close(): void {
    for (const file of this.#open.values()) file.closeSync();
    this.#open.clear();
  }

  #find(path: string): OpenFile | undefined {
    const known = this.#open.get(path);
    if (known !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return known;
    }
    const opened = openIfPresent(this.disk, path);
    if (opened === undefined) return undefined;
    if (this.#open.size >= OPEN_FILES_MAX) this.#closeOldest();
    this.#open.set(path, opened);
    return opened;
  }

  #closeOldest(): void {
    const [path, file] = must(this.#open.entries().next().value, 'one file is open');
    this.#open.delete(path);
    file.closeSync();
  }
}

function openIfPresent(disk: FileSystem, path: string): OpenFile | undefined {
  try {
    return disk.openSync(path, 'read');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
