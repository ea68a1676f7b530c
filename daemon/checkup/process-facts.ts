/** What the kernel shows of the running daemon, to its own user and to root. */
import { readlinkSync } from 'node:fs';
import { textOf } from './scene.ts';
import { openFilesLimit } from './check-limits.ts';

/** The file that it was started from is gone: another release of Node took its place. */
export function programReplaced(process: number | null): boolean {
  if (process === null) return false;
  try {
    return readlinkSync(`/proc/${process}/exe`).endsWith(' (deleted)');
  } catch {
    // Another user's, or a system without /proc: nobody can tell.
    return false;
  }
}

/** Of the daemon, or of this process in its place; null where nobody can tell. */
export function openFilesOf(process: number | null): number | null {
  return openFilesLimit(textOf(`/proc/${process ?? 'self'}/limits`));
}
