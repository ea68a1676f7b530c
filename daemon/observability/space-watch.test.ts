import { join } from 'node:path';
import t from 'tap';
import { Alarms } from '../../platform/alarms.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { watchSpace } from './space-watch.ts';

void t.test('short space is told in time and forgotten when there is room', (t) => {
  const path = join(t.testdir(), 'alarms.json');
  const alarms = new Alarms({ path, clock: systemClock, onTrouble: (message) => t.fail(message) });
  const codesAt = (daysOfSales: number | null, diskFull = false): string[] => {
    watchSpace({ daysOfSales, diskFull }, alarms);
    watchSpace({ daysOfSales, diskFull }, alarms);
    return alarms.list().map(({ code, count }) => `${code} ${count}`);
  };
  t.same(codesAt(null), [], 'nothing is known before the first sale');
  t.same(codesAt(7), []);
  t.same(codesAt(6), ['DISK_SPACE_LOW 1'], 'looking twice is no second alarm');
  t.same(codesAt(7), ['DISK_SPACE_LOW 1'], 'does not flicker on the line');
  t.same(codesAt(0), ['DISK_SPACE_LOW 1', 'DISK_SPACE_CRITICAL 1']);
  t.equal(codesAt(0, true).at(-1), 'LEDGER_DISK_FULL 1');
  t.same(codesAt(2), ['DISK_SPACE_LOW 1']);
  t.same(codesAt(8), []);
  codesAt(3);
  alarms.clear('DISK_SPACE_LOW');
  t.same(codesAt(3), ['DISK_SPACE_LOW 1'], 'what is still so comes back');
  t.end();
});
