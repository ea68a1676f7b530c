/** The machine's own disk behind the port: each operation is the system call of its name. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { AsyncOpenFile, FileStatus, FileSystem, OpenFile, OpenMode } from './file-system.ts';

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
  exclusive: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
};

const DEFAULT_MODE = 0o644;

export const nodeFileSystem: FileSystem = {
  openSync: (path, how, mode = DEFAULT_MODE) => new NodeFile(openSync(path, FLAGS[how], mode)),
  open: async (path, how, mode = DEFAULT_MODE) =>
    new NodeAsyncFile(await open(path, FLAGS[how], mode)),
  readFileSync: (path) => readFileSync(path),
  statSync: (path) => {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true });
    return found === undefined ? undefined : statusOf(found);
  },
  readFolderSync: (path) => readdirSync(path),
  makeFolderSync: (path, mode) => mkdirSync(path, { recursive: true, mode }),
  truncateSync: (path, length) => {
    truncateSync(path, length);
  },
  renameSync: (from, to) => {
    renameSync(from, to);
  },
  rename: (from, to) => rename(from, to),
  removeSync: (path) => {
    rmSync(path, { force: true });
  },
  remove: (path) => rm(path, { force: true }),
  syncFolderSync: (path) => {
    const folder = new NodeFile(openSync(path, constants.O_RDONLY));
    try {
      folder.syncSync();
    } finally {
      folder.closeSync();
    }
  },
  syncFolder: async (path) => {
    const folder = new NodeAsyncFile(await open(path, constants.O_RDONLY));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

function statusOf(found: BigIntStats): FileStatus {
  const { size, nlink, ino, birthtimeNs } = found;
  return {
    ...{ size: Number(size), links: Number(nlink) },
    ...{ inode: String(ino), bornAt: String(birthtimeNs) },
  };
}

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  readSync(into: Uint8Array, position: number): number {
    return readSync(this.#descriptor, into, 0, into.length, position);
  }

  writeSync(bytes: Uint8Array, position: number): number {
    return writeSync(this.#descriptor, bytes, 0, bytes.length, position);
  }

  statSync(): FileStatus {
    return statusOf(fstatSync(this.#descriptor, { bigint: true }));
  }

  syncSync(): void {
    fsyncSync(this.#descriptor);
  }

  closeSync(): void {
    closeSync(this.#descriptor);
  }
}

class NodeAsyncFile implements AsyncOpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  async stat(): Promise<FileStatus> {
    return statusOf(await this.#handle.stat({ bigint: true }));
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
