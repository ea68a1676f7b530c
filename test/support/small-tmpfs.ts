/** A small disk of its own (a tmpfs, which needs root) for tests of what happens when it is full. */
import { execFileSync } from 'node:child_process';

/** Mounts it at `folder`; gives the way to take it away, undefined where this may not be mounted. */
export function mountSmallDisk(folder: string, bytes: number): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return () => void execFileSync('umount', [folder]);
}
