/**
 * Dates and times of RFC 3339 as text, checked against the Gregorian calendar. Nothing here reads
 * a clock, and no answer depends on the machine's time zone.
 */

const FULL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** True for an RFC 3339 full-date that is in the calendar, such as 2010-12-01. */
export function isCalendarDate(text: string): boolean {
  const match = FULL_DATE.exec(text);
  if (match === null) return false;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (day < 1 || day > (DAYS_IN_MONTH[month - 1] ?? 0)) return false;
  return month !== 2 || day < 29 || isLeapYear(year);
}

/**
 * True for an RFC 3339 date-time with any offset. A second of 60 is taken only where a leap second
 * can be: in the last minute of a month of UTC (RFC 3339 section 5.7).
 */
export function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (match === null) return false;
  const [, date = '', hour, minute, second, sign, offsetHour = '0', offsetMinute = '0'] = match;
  if (!isCalendarDate(date) || Number(hour) > 23 || Number(minute) > 59) return false;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return false;
  if (Number(second) < 60) return true;
  if (Number(second) > 60) return false;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  const local = Date.parse(`${date}T00:00:00Z`) + (Number(hour) * 60 + Number(minute)) * MINUTE_MS;
  const nextMinute = new Date(local - offset * MINUTE_MS + MINUTE_MS);
  return (
    nextMinute.getUTCDate() === 1 &&
    nextMinute.getUTCHours() === 0 &&
    nextMinute.getUTCMinutes() === 0
  );
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
