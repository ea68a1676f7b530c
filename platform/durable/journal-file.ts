/**
 * A file that only grows, for a process whose event loop must not wait: bytes
 * are on stable storage when the promise of `append` resolves.
 *
 * System calls: open(O_RDWR), pwrite at the known end, fdatasync, fstat, ftruncate. The fstat sees
 * whether somebody removed the file while it was open: its bytes would be durable and lost at once.
 */
import { writeAll } from './file-system.ts';
import type { AsyncOpenFile, FileSystem } from './file-system.ts';

export class JournalFile {
  readonly #file: AsyncOpenFile;
  #length: number;

  private constructor(file: AsyncOpenFile, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** The file exists already; creating it durably is createFileDurably's part. */
  static async open(disk: FileSystem, path: string): Promise<JournalFile> {
    const file = await disk.open(path, 'update');
    return new JournalFile(file, (await file.stat()).size);
  }

  get length(): number {
    return this.#length;
  }

  /** Writes at the end and syncs. After a throw the tail is unknown: truncate, or stop. */
  async append(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes, this.#length);
    await this.#file.datasync();
    this.#length += bytes.length;
  }

  /**
   * Makes durable what a writer before this one may have left unsynced. Where its sync failed, the
   * system shows bytes that it will never write: `rest`, which ends at `end`, is written once more.
   */
  async sync(rest: Uint8Array, end: number): Promise<void> {
    await writeAll(this.#file, rest, end - rest.length);
    await this.#file.datasync();
  }

  /** False when no name leads to the file any more. */
  async isLinked(): Promise<boolean> {
    return (await this.#file.stat()).links > 0;
  }

  async truncate(length: number): Promise<void> {
    await this.#file.truncate(length);
    await this.#file.datasync();
    this.#length = length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
