/** Waits for what real processes bring about. */
import { setTimeout as delay } from 'node:timers/promises';

/** A headquarters that makes its tables on a busy machine takes the longest. */
const WAIT_MS_MAX = 60_000;
const LOOK_MS = 25;

/** Looks until it holds, a minute at most; gives whether it does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > deadline) return false;
    await delay(LOOK_MS);
  }
}
