/**
 * Goal: a growing log is signed at a steady pace and no faster, and again where that failed. Method:
 * timers that the test lets run out.
 */
import t from 'tap';
import { SIGNING_INTERVAL_MS, SteadySigning } from './steady-signing.ts';

void t.test('signs once an interval while the log grows, and rests with it', (t) => {
  const timers: { callback: () => void; delayMs: number }[] = [];
  let signed = 0;
  let isWritable = true;
  const steady = new SteadySigning({
    schedule: (callback, delayMs) => {
      const timer = { callback, delayMs };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    sign: () => {
      signed += 1;
      return isWritable;
    },
  });
  const pass = (): void => timers.shift()?.callback();

  for (let commit = 0; commit < 100; commit += 1) steady.grew();
  t.same(
    timers.map(({ delayMs }) => delayMs),
    [SIGNING_INTERVAL_MS],
    'a flood is one signature',
  );
  pass();
  t.equal(signed, 1);
  t.equal(timers.length, 0, 'a log at rest costs nothing');

  isWritable = false;
  steady.grew();
  pass();
  t.equal(timers.length, 1, 'what could not be written is tried again');
  isWritable = true;
  pass();
  t.equal(signed, 3);
  t.equal(timers.length, 0);

  steady.grew();
  steady.close();
  t.equal(timers.length, 0, 'nothing is left behind');
  t.end();
});
