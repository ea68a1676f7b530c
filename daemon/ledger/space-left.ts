/** How long the disk will last at the pace at which this ledger has grown. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { freeBytes } from './space-reserve.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';

const DAY_MS = 24 * 3_600_000;
/** A busy store writes about 4 MiB a day; an almost empty log must not promise a thousand years. */
const BYTES_PER_DAY_MIN = 4 * 1024 * 1024;

export interface SpaceLeft {
  readonly freeBytes: number;
  /** Whole days; null until something was written after the epoch's first entry. */
  readonly daysOfSales: number | null;
}

/** `keptMs` is since when the ledger is written, `size` the entries of its newest epoch. */
export function spaceLeft(log: { dataDir: string; keptMs: number; size: number }): SpaceLeft {
  const path = join(log.dataDir, LEDGER_FILE);
  const free = freeBytes(path);
  if (log.size <= 1) return { freeBytes: free, daysOfSales: null };
  // A log of a few hours, or a clock that jumped, must not promise years or hours.
  const days = Math.max(DAY_MS, log.keptMs) / DAY_MS;
  const bytesPerDay = Math.max(statSync(path).size / days, BYTES_PER_DAY_MIN);
  return { freeBytes: free, daysOfSales: Math.floor(free / bytesPerDay) };
}
