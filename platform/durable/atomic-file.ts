/**
 * Whole files that survive a power cut: a reader sees the old content or the new, never a mixture,
 * and once the call returned the new content is on stable storage.
 *
 * System calls, through the port in file-system.ts:
 *   open(temporary, O_CREAT|O_EXCL|O_WRONLY, mode) → write → fsync → close → rename(temporary, path)
 *   → open(folder) → fsync → close
 * A crash before the rename leaves a temporary file beside the old one; the next write of the same
 * file removes it. It relies on the file system keeping rename atomic, which POSIX demands, and
 * leaves out locking: one process owns a home (home-lock.ts).
 */
import { dirname } from 'node:path';
import { errnoOf } from './errno.ts';
import { writeAll, writeAllSync } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { nodeFileSystem } from './node-file-system.ts';

export interface AtomicWriteOptions {
  /** Permission bits of the new file. */
  mode?: number;
  /** The machine's own disk unless told otherwise. */
  disk?: FileSystem;
}

const DEFAULT_MODE = 0o644;

/** Beside the target, because a rename is atomic only inside one file system. */
const temporaryPath = (path: string): string => `${path}.new`;

/** Replaces `path` durably without holding up the event loop. Calls for one path must not overlap. */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { disk = nodeFileSystem, mode = DEFAULT_MODE } = options;
  const temporary = temporaryPath(path);
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'exclusive', mode);
  try {
    await writeAll(file, bytesOf(content), 0);
    // What the umask takes away is given back.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncFolder(dirname(path));
}

/** The same in one go, for worker threads and commands, where waiting is the point. */
export function writeFileAtomicallySync(
  path: string,
  content: Uint8Array | string,
  options: AtomicWriteOptions = {},
): void {
  const { disk = nodeFileSystem } = options;
  const temporary = temporaryPath(path);
  disk.removeSync(temporary);
  writeNewFile(disk, temporary, { content, mode: options.mode });
  disk.renameSync(temporary, path);
  disk.syncFolderSync(dirname(path));
}

/** Creates a file that must not exist yet (EEXIST otherwise) and returns when it is durable. */
export function createFileDurably(
  path: string,
  content: Uint8Array | string,
  options: AtomicWriteOptions = {},
): void {
  const { disk = nodeFileSystem } = options;
  writeNewFile(disk, path, { content, mode: options.mode });
  disk.syncFolderSync(dirname(path));
}

/** Its content is durable when this returns, its name is not. */
function writeNewFile(
  disk: FileSystem,
  path: string,
  what: { content: Uint8Array | string; mode: number | undefined },
): void {
  const file = disk.openSync(path, 'exclusive', what.mode ?? DEFAULT_MODE);
  try {
    writeAllSync(file, bytesOf(what.content), 0);
    file.syncSync();
  } finally {
    file.closeSync();
  }
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

/** Makes names created, renamed or removed in `folder` durable. */
export function syncDirectorySync(folder: string, disk: FileSystem = nodeFileSystem): void {
  disk.syncFolderSync(folder);
}

/** Makes `folder` and its parents and their names durable; an existing folder is left as it is. */
export function makeDirectoryDurably(
  folder: string,
  mode = 0o755,
  disk: FileSystem = nodeFileSystem,
): void {
  const firstMade = disk.makeFolderSync(folder, mode);
  if (firstMade === undefined) return;
  let current = folder;
  for (;;) {
    const parent = dirname(current);
    disk.syncFolderSync(parent);
    if (current === firstMade || parent === current) return;
    current = parent;
  }
}

/** The whole file, or undefined where there is none; any other failure is the caller's to see. */
export function readFileIfPresent(
  path: string,
  disk: FileSystem = nodeFileSystem,
): Uint8Array | undefined {
  try {
    return disk.readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
