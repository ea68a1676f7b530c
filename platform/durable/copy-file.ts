/**
 * Copies of whole files that are on stable storage when the call returns. Their names are not: the
 * caller syncs the folder once, after the last of them (`syncDirectorySync`).
 */
import { chmodSync, closeSync, copyFileSync, fsyncSync, openSync } from 'node:fs';

export function copyFileDurably(from: string, to: string, mode: number): void {
  copyFileSync(from, to);
  chmodSync(to, mode);
  syncFileSync(to);
}

/** Makes the content of a file that somebody else wrote durable. */
export function syncFileSync(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
