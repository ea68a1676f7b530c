/**
 * Whole files that survive a power cut: a reader sees the old content or the new, never a mixture,
 * and once the call returned the new content is on stable storage.
 *
 * For whole files, the only place of the product that asks for these system calls:
 *   open(temporary, O_CREAT|O_EXCL|O_WRONLY, mode) → write → fsync → close → rename(temporary, path)
 *   → open(folder) → fsync → close
 * A crash before the rename leaves a temporary file beside the old one; the next write of the same
 * file removes it. It relies on the file system keeping rename atomic, which POSIX demands, and
 * leaves out locking: one process owns a home (home-lock.ts).
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './errno.ts';

export interface AtomicWriteOptions {
  /** Permission bits of the new file; what the umask takes away is given back. */
  mode?: number;
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
  const temporary = temporaryPath(path);
  const mode = options.mode ?? DEFAULT_MODE;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** The same in one go, for worker threads and commands, where waiting is the point. */
export function writeFileAtomicallySync(
  path: string,
  content: Uint8Array | string,
  options: AtomicWriteOptions = {},
): void {
  const temporary = temporaryPath(path);
  rmSync(temporary, { force: true });
  createFileDurably(temporary, content, options);
  renameSync(temporary, path);
  syncDirectorySync(dirname(path));
}

/** Creates a file that must not exist yet (EEXIST otherwise) and returns when it is durable. */
export function createFileDurably(
  path: string,
  content: Uint8Array | string,
  options: AtomicWriteOptions = {},
): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const descriptor = openSync(path, 'wx', options.mode ?? DEFAULT_MODE);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  syncDirectorySync(dirname(path));
}

/** Makes names created, renamed or removed in `folder` durable. */
export async function syncDirectory(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function syncDirectorySync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes `folder` and its parents and their names durable; an existing folder is left as it is. */
export function makeDirectoryDurably(folder: string, mode = 0o755): void {
  const firstMade = mkdirSync(folder, { recursive: true, mode });
  if (firstMade === undefined) return;
  let current = folder;
  for (;;) {
    const parent = dirname(current);
    syncDirectorySync(parent);
    if (current === firstMade || parent === current) return;
    current = parent;
  }
}

/** The whole file, or undefined where there is none; any other failure is the caller's to see. */
export function readFileIfPresent(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
