import fc from 'fast-check';
import t from 'tap';
import { isCalendarDate, isDateTime } from './calendar.ts';

void t.test('a date is one that the Gregorian calendar has', (t) => {
  const part = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map((n) => String(n).padStart(2, '0'));
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 9999 }), part(14), part(33), (year, month, day) => {
      const text = `${year}-${month}-${day}`;
      const parsed = new Date(`${text}T00:00:00Z`);
      const real = !Number.isNaN(parsed.valueOf()) && parsed.toISOString().startsWith(text);
      return isCalendarDate(text) === real;
    }),
    { numRuns: 5000 },
  );
  for (const [date, real] of [
    ['2000-02-29', true],
    ['1900-02-29', false],
    ['2024-02-30', false],
    ['2010-13-01', false],
    ['2010-12-1', false],
    ['10-12-01', false],
    ['2010-12-01 ', false],
  ] as const) {
    t.equal(isCalendarDate(date), real, date);
  }
  t.end();
});

void t.test('a time is one of RFC 3339, at any offset', (t) => {
  for (const good of [
    '2010-12-01T08:26:00Z',
    '2010-12-01t08:26:00z',
    '2010-12-01T08:26:00.123456789+05:45',
    '2010-12-01T23:59:59-12:00',
    '1990-12-31T23:59:60Z',
    '1990-12-31T15:59:60-08:00',
    '2017-01-01T01:59:60+02:00',
  ]) {
    t.ok(isDateTime(good), good);
  }
  for (const bad of [
    '2010-12-01',
    '2010-12-01T08:26Z',
    '2010-12-01T08:26:00',
    '2010-12-01 08:26:00Z',
    '2010-12-01T24:00:00Z',
    '2010-12-01T08:60:00Z',
    '2010-12-01T08:26:61Z',
    '2010-12-01T08:26:60Z',
    '1990-12-30T23:59:60Z',
    '2010-02-29T08:26:00Z',
    '2010-12-01T08:26:00.Z',
    '2010-12-01T08:26:00+24:00',
    '2010-12-01T08:26:00+0100',
  ]) {
    t.notOk(isDateTime(bad), bad);
  }
  t.end();
});
