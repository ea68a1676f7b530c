/**
 * The disk as a port: the few operations that everything with a promise about power cuts is written
 * with. `node-file-system.ts` is the machine's; a simulated one forgets what was not synced, so the
 * same code is tested against every crash there is.
 *
 * It promises what POSIX promises and no more: bytes are durable after `sync` or `datasync` of their
 * file, a name (created, renamed, removed) after `syncFolder` of its folder, and nothing before. A
 * write may be short. Failures are errors with the system's `code` (`ENOENT`, `ENOSPC`, `EIO`, …).
 */
export type OpenMode =
  /** Reading only. */
  | 'read'
  /** Reading and writing what is there. */
  | 'update'
  /** The same; an empty file is made where there is none. */
  | 'create'
  /** Writing a new file; `EEXIST` for whatever is there, a link included. */
  | 'exclusive';

export interface FileStatus {
  size: number;
  /** How many names lead to it; 0 once it is removed. */
  links: number;
  /** Stays while the file lives, over restarts and mounts. */
  inode: string;
  /** Nanoseconds since 1970; where a file system does not keep it, when the file changed last. */
  bornAt: string;
}

export interface OpenFile {
  /** Fills `into` from `position`; less of it, or nothing, at the end of the file. */
  readSync(into: Uint8Array, position: number): number;
  /** Writes at `position` and tells how many bytes it took, at least one. */
  writeSync(bytes: Uint8Array, position: number): number;
  statSync(): FileStatus;
  syncSync(): void;
  closeSync(): void;
}

/** The same for an event loop that must not wait. */
export interface AsyncOpenFile {
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  stat(): Promise<FileStatus>;
  sync(): Promise<void>;
  /** Content and length, not the times. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** `mode` holds the permission bits of a file that is made. */
  openSync(path: string, how: OpenMode, mode?: number): OpenFile;
  open(path: string, how: OpenMode, mode?: number): Promise<AsyncOpenFile>;
  readFileSync(path: string): Uint8Array;
  /** Undefined where there is nothing. */
  statSync(path: string): FileStatus | undefined;
  readFolderSync(path: string): string[];
  /** With its parents; the first folder that had to be made, or undefined for none. */
  makeFolderSync(path: string, mode: number): string | undefined;
  truncateSync(path: string, length: number): void;
  renameSync(from: string, to: string): void;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; nothing there is no failure. */
  removeSync(path: string): void;
  remove(path: string): Promise<void>;
  /** Makes names created, renamed or removed in the folder durable. */
  syncFolderSync(path: string): void;
  syncFolder(path: string): Promise<void>;
}

/** Writes all of `bytes`, however short the single writes are. */
export function writeAllSync(file: OpenFile, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += file.writeSync(bytes.subarray(done), position + done);
  }
}

export async function writeAll(
  file: AsyncOpenFile,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await file.write(bytes.subarray(done), position + done);
  }
}
