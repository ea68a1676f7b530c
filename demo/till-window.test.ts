import t from 'tap';
import { TillWindow } from './till-window.ts';
import type { Submission } from './till-window.ts';

const life = { host: '127.0.0.1', port: 1, origin: 'd/c/s/g/e1', sizeAtStart: 10 };

function submissions(count: number): Submission[] {
  return Array.from({ length: count }, (_, at) => ({
    transactionId: `id-${at}`,
    total: at,
    payload: new Uint8Array([at]),
    submissionHash: `hash-${at}`,
  }));
}

const accepted = (at: number, index: number) =>
  ({ submissionHash: `hash-${at}`, outcome: 'accepted', index, origin: life.origin }) as const;

void t.test('the window fills, in order, up to its size', (t) => {
  const window = new TillWindow(submissions(3), 2);
  t.same(
    window.take().map((taken) => taken.transactionId),
    ['id-0', 'id-1'],
  );
  t.same(window.take(), []);
  window.receive(accepted(0, 10), life);
  t.same(
    window.take().map((taken) => taken.transactionId),
    ['id-2'],
  );
  t.end();
});

void t.test('exactly what has no answer is submitted again', (t) => {
  const window = new TillWindow(submissions(3), 3);
  window.take();
  window.receive(accepted(1, 10), life);
  t.same(
    window.unanswered().map((pending) => pending.transactionId),
    ['id-0', 'id-2'],
  );
  t.end();
});

void t.test('an answer from before this life of the gateway is a duplicate', (t) => {
  const window = new TillWindow(submissions(4), 4);
  window.take();
  const duplicate = (at: number, index: number, origin = life.origin) => {
    const reaction = window.receive({ ...accepted(at, index), origin }, life);
    return reaction.kind === 'answer' && reaction.answer.duplicate;
  };
  t.equal(duplicate(0, 9), true, 'the log held it when the gateway started');
  t.equal(duplicate(1, 10), false);
  t.equal(duplicate(1, 10), true, 'a second answer to the same submission');
  t.equal(duplicate(2, 11, 'd/c/s/g/e0'), true, 'an answer from an earlier epoch');
  t.end();
});

void t.test('unavailable keeps the submission waiting', (t) => {
  const window = new TillWindow(submissions(1), 1);
  window.take();
  const reaction = window.receive(
    { submissionHash: 'hash-0', outcome: 'unavailable', retryAfterMs: 250 },
    life,
  );
  t.same(reaction, { kind: 'retry', afterMs: 250 });
  t.equal(window.unanswered().length, 1);
  t.end();
});

void t.test('an answer to somebody else is ignored', (t) => {
  const window = new TillWindow(submissions(1), 1);
  t.same(window.receive(accepted(7, 1), life), { kind: 'ignored' });
  t.end();
});
