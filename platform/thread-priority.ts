/**
 * Lets a worker thread stand back for the others of its process: on Linux each thread has a priority of
 * its own, and the call without a process id is about the thread that makes it. Elsewhere it would be
 * about the whole process, so there nothing is done.
 */
import { platform, setPriority } from 'node:os';

/** A tenth of what others get where they want the same core, and all of one that nobody wants. */
const BACKGROUND_NICE = 10;

/** For threads whose work nobody waits for; to be called by the thread itself. */
export function standBack(onTrouble: (error: unknown) => void): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(BACKGROUND_NICE);
  } catch (error) {
    // A sandbox may not allow it: then it competes like before.
    onTrouble(error);
  }
}
