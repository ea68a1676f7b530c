import t from 'tap';
import { CommitWatch } from './commit-watch.ts';

void t.test('work that never ends is a stall, an idle custody is none', (t) => {
  let nowMs = 0;
  const work = { underWay: 0, ended: 7 };
  const watch = new CommitWatch(
    () => work,
    () => nowMs,
  );
  const after = (ms: number): boolean => {
    nowMs += ms;
    return watch.isAlive();
  };
  t.equal(after(600_000), true, 'nothing to do');
  work.underWay = 1;
  t.equal(after(30_000), true, 'something began');
  t.equal(after(31_000), false, 'and does not end');
  work.ended = 8;
  t.equal(after(1), true, 'it ended, the next is under way');
  t.equal(after(59_000), true);
  t.equal(after(2_000), false);
  t.end();
});
