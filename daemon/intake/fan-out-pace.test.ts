/** Goal: results with a large audience leave some at a time, and small ones are not held up. */
import t from 'tap';
import { FanOutPace } from './fan-out-pace.ts';

void t.test('a large audience is one result a turn', (t) => {
  const turns: (() => void)[] = [];
  let waiting = 3;
  const answer = (): void => {
    while (waiting > 0 && !pace.isWaiting) {
      waiting -= 1;
      pace.spend(5_000);
    }
  };
  const pace = new FanOutPace(answer, (callback) => turns.push(callback));
  answer();
  t.equal(waiting, 2);
  answer();
  t.equal(waiting, 2, 'whoever asks again in the same turn waits too');
  turns.shift()?.();
  t.equal(waiting, 1);
  turns.shift()?.();
  t.equal(waiting, 0);
  turns.shift()?.();
  t.same(turns, [], 'nothing goes on where nothing waits');
  t.end();
});

void t.test('a few subscribers hold nothing up within a commit', (t) => {
  const turns: (() => void)[] = [];
  const pace = new FanOutPace(
    () => undefined,
    (callback) => turns.push(callback),
  );
  for (let results = 0; results < 64; results++) pace.spend(3);
  t.notOk(pace.isWaiting);
  t.same(turns, []);
  t.end();
});
