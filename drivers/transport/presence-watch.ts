/**
 * Looks now and then whether a device file is still the one that was opened. The kernel takes the
 * file away with the device, also where a read that waits is never told (a port that hung up, a
 * device that only writes).
 */
import { stat } from 'node:fs/promises';
import type { Schedule } from '../../platform/schedule.ts';

/** Soon enough for a person who pulled a plug, and one `stat` costs nothing. */
const LOOK_EVERY_MS = 2_000;

/** Calls `gone` once; returns the way to stop looking. */
export function watchPresence(path: string, gone: () => void, schedule: Schedule): () => void {
  let isStopped = false;
  let stopTimer = (): void => undefined;
  let opened: string | undefined;
  const look = async (): Promise<void> => {
    const found = await identityOf(path);
    if (isStopped) return;
    opened ??= found;
    if (found === undefined || found !== opened) {
      isStopped = true;
      gone();
      return;
    }
    stopTimer = schedule(() => void look(), LOOK_EVERY_MS);
  };
  void look();
  return () => {
    isStopped = true;
    stopTimer();
  };
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, rdev } = await stat(path);
    return `${dev}:${ino}:${rdev}`;
  } catch {
    // Whatever keeps it from being seen, the file that was opened is not there any more.
    return undefined;
  }
}
