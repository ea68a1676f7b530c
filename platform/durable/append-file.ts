/**
 * A file that only grows, with explicit durability: bytes appended are on stable storage when
 * `sync` returned, and not before.
 *
 * System calls: open(O_CREAT|O_RDWR), pwrite at the known end, fdatasync, ftruncate (only
 * `truncate`, which a reader of a torn tail calls before the first append). Creating the file syncs
 * its folder too. fdatasync suffices because the length is among the data needed to read it back.
 */
import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectorySync } from './atomic-file.ts';

export class AppendFile {
  readonly #descriptor: number;
  #length: number;

  private constructor(descriptor: number, length: number) {
    this.#descriptor = descriptor;
    this.#length = length;
  }

  static open(path: string, mode = 0o644): AppendFile {
    const descriptor = openSync(path, constants.O_CREAT | constants.O_RDWR, mode);
    const length = fstatSync(descriptor).size;
    if (length === 0) syncDirectorySync(dirname(path));
    return new AppendFile(descriptor, length);
  }

  /** Bytes in the file, synced or not. */
  get length(): number {
    return this.#length;
  }

  /** Writes at the end. After a throw the tail is unknown: truncate to a known length or stop. */
  append(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(
        this.#descriptor,
        bytes,
        written,
        bytes.length - written,
        this.#length + written,
      );
    }
    this.#length += bytes.length;
  }

  sync(): void {
    fdatasyncSync(this.#descriptor);
  }

  truncate(length: number): void {
    ftruncateSync(this.#descriptor, length);
    fdatasyncSync(this.#descriptor);
    this.#length = length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
