/**
 * A file that only grows, like append-file.ts, for a process whose event loop must not wait: bytes
 * are on stable storage when the promise of `append` resolves.
 *
 * System calls: open(O_RDWR), pwrite at the known end, fdatasync, fstat, ftruncate. The fstat sees
 * whether somebody removed the file while it was open: its bytes would be durable and lost at once.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

export class JournalFile {
  readonly #handle: FileHandle;
  #length: number;

  private constructor(handle: FileHandle, length: number) {
    this.#handle = handle;
    this.#length = length;
  }

  /** The file exists already; creating it durably is createFileDurably's part. */
  static async open(path: string): Promise<JournalFile> {
    const handle = await open(path, 'r+');
    return new JournalFile(handle, (await handle.stat()).size);
  }

  get length(): number {
    return this.#length;
  }

  /** Writes at the end and syncs. After a throw the tail is unknown: truncate, or stop. */
  async append(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const at = this.#length + written;
      const result = await this.#handle.write(bytes, written, bytes.length - written, at);
      written += result.bytesWritten;
    }
    await this.#handle.datasync();
    this.#length += bytes.length;
  }

  /** False when no name leads to the file any more. */
  async isLinked(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0;
  }

  async truncate(length: number): Promise<void> {
    await this.#handle.truncate(length);
    await this.#handle.datasync();
    this.#length = length;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
