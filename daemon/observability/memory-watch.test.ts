import t from 'tap';
import { MemoryWatch, USUAL_LIMIT_BYTES, memoryLimitBytes } from './memory-watch.ts';

void t.test('heaps grow as V8 likes while there is room, and little above the mark', (t) => {
  let resident = 0;
  const told: number[] = [];
  const watch = new MemoryWatch(1_000, {
    residentBytes: () => resident,
    setGrowthPercent: (percent) => void told.push(percent),
  });
  const at = (bytes: number): boolean => {
    resident = bytes;
    watch.look();
    return watch.isFrugal;
  };
  t.notOk(at(100));
  t.notOk(at(600), 'not on the line');
  t.ok(at(601));
  t.ok(at(500), 'does not flicker');
  t.notOk(at(450));
  t.ok(at(999));
  t.same(told, [20, 0, 20], 'V8 is told of changes alone');
  t.end();
});

void t.test('V8 takes what it is told, and the limit is at most that of the unit', (t) => {
  const watch = new MemoryWatch(1);
  watch.look();
  t.ok(watch.isFrugal, 'a process has more than a byte');
  t.ok(memoryLimitBytes() > 0 && memoryLimitBytes() <= USUAL_LIMIT_BYTES);
  t.end();
});
