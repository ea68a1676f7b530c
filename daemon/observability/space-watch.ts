/**
 * Tells people in time that the disk will be full: an alarm below a week of sales, another below a
 * day, and one while it is full. Each clears itself when there is room again, a little above the
 * line where it was raised, so that a disk on the line does not flicker. Pure but for the alarms;
 * the owner calls it at a steady pace.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

export interface SpaceReading {
  /** Null before the first sale. */
  daysOfSales: number | null;
  diskFull: boolean;
}

interface Level {
  code: ErrorCode;
  message: string;
  /** Raised below this many days, cleared from `clearDays` on. */
  raiseDays: number;
  clearDays: number;
}

/** A week is time for a technician's next visit, a day for a call. */
const LEVELS: readonly Level[] = [
  {
    code: 'DISK_SPACE_LOW',
    message: 'The disk has room for less than 7 days of sales.',
    raiseDays: 7,
    clearDays: 8,
  },
  {
    code: 'DISK_SPACE_CRITICAL',
    message: 'The disk has room for less than 1 day of sales.',
    raiseDays: 1,
    clearDays: 2,
  },
];
const FULL_CODE = 'LEDGER_DISK_FULL';

/** Raises and clears what the reading says. */
export function watchSpace({ daysOfSales, diskFull }: SpaceReading, alarms: AlarmBook): void {
  if (daysOfSales !== null) {
    for (const { code, message, raiseDays, clearDays } of LEVELS) {
      if (daysOfSales < raiseDays) raiseOnce(alarms, code, message);
      else if (daysOfSales >= clearDays) alarms.clear(code);
    }
  }
  if (diskFull) raiseOnce(alarms, FULL_CODE, 'The disk is full; sales are put off.');
  else alarms.clear(FULL_CODE);
}

/** What stands is not counted with each look. */
function raiseOnce(alarms: AlarmBook, code: ErrorCode, message: string): void {
  if (!alarms.list().some((alarm) => alarm.code === code)) alarms.raise(code, message);
}
