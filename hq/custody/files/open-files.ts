/**
 * Positioned reads of many files through few descriptors, the least recently used closed first. A
 * file that grows is read as far as it reaches at that moment.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../../../platform/durable/errno.ts';
import { must } from '../../../protocol/must.ts';

/** Far below the 1,024 a process may have open by default. */
const OPEN_FILES_MAX = 128;

export class OpenFiles {
  readonly #descriptors = new Map<string, number>();

  /** Up to `length` bytes; fewer at the end of the file, none where there is no file. */
  read(path: string, offset: number, length: number): Buffer {
    const descriptor = this.#open(path);
    if (descriptor === undefined) return Buffer.alloc(0);
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const got = readSync(descriptor, bytes, filled, length - filled, offset + filled);
      if (got === 0) break;
      filled += got;
    }
    return bytes.subarray(0, filled);
  }

  /** Lets go of a file that is about to be removed. */
  forget(path: string): void {
    const descriptor = this.#descriptors.get(path);
    if (descriptor !== undefined) closeSync(descriptor);
    this.#descriptors.delete(path);
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  #open(path: string): number | undefined {
    const known = this.#descriptors.get(path);
    if (known !== undefined) {
      this.#descriptors.delete(path);
      this.#descriptors.set(path, known);
      return known;
    }
    const opened = openIfPresent(path);
    if (opened === undefined) return undefined;
    if (this.#descriptors.size >= OPEN_FILES_MAX) this.#closeOldest();
    this.#descriptors.set(path, opened);
    return opened;
  }

  #closeOldest(): void {
    const [path, descriptor] = must(this.#descriptors.entries().next().value, 'one file is open');
    this.#descriptors.delete(path);
    closeSync(descriptor);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
