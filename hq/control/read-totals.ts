/**
 * The totals of headquarters: asked of the running one, else projected here from custody, under the
 * home's lock, because the embedded database takes one process at a time.
 */
import type { HqPaths } from '../../config/paths.ts';
import { acquireHomeLock } from '../../platform/durable/home-lock.ts';
import type { ProjectionTotals } from '../projection/projection-call.ts';
import { ProjectionService } from '../projection/projection-service.ts';
import { custodySources } from '../custody/open-custody.ts';
import { askHq } from './hq-call.ts';
import { loadHqConfig } from './hq-settings.ts';

/** What `hq report totals` answers. */
export type HqTotals = ProjectionTotals;

/** Throws `HQ_CUSTODY_MISSING` where nothing was kept yet. */
export async function readTotalsOfHq(paths: HqPaths, monotonicMs: () => number): Promise<HqTotals> {
  const config = loadHqConfig(paths);
  const asked = await askHq(paths, '/api/totals');
  // The same release answers, with what its projection said.
  if (asked !== undefined) return asked as HqTotals;
  const lock = acquireHomeLock(paths.lockFile);
  try {
    const service = new ProjectionService(custodySources(paths, config), monotonicMs);
    try {
      return await service.totals();
    } finally {
      await service.end();
    }
  } finally {
    lock.release();
  }
}
