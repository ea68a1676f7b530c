/**
 * How much young memory a worker thread may fill before it is collected. Without a limit each thread
 * lets 48 MiB of garbage lie, which is a quarter of what a small box can give to the whole gateway.
 */
import type { ResourceLimits } from 'node:worker_threads';

/** For threads whose pauses nobody waits for. */
export const FRUGAL_THREAD: ResourceLimits = { maxYoungGenerationSizeMb: 3 };

/** For threads on the way of a sale: collected more often than by default, and measured
 * to be no slower for it; with half of this they are. */
export const BUSY_THREAD: ResourceLimits = { maxYoungGenerationSizeMb: 12 };
