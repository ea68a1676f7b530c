/** Goal: every question gets an answer with a code, and no device can ask more than it may. */
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { QueryDesk } from './query-desk.ts';
import { QUERY_BYTES_MAX, readQuery } from './query-schema.ts';
import { QueryRates } from './query-rates.ts';

void t.test('a bucket empties and fills', (t) => {
  let nowMs = 0;
  const rates = new QueryRates({ wallMs: () => 0, monotonicMs: () => nowMs });
  let taken = 0;
  while (rates.may('till-1')) taken++;
  t.equal(taken, 250);
  t.ok(rates.may('till-2'), 'another device has its own');
  nowMs = 100;
  for (taken = 0; rates.may('till-1');) taken++;
  t.equal(taken, 25);
  t.end();
});

void t.test('what a question may look like', (t) => {
  const problem = (value: object) => {
    const read = readQuery(Buffer.from(JSON.stringify(value)));
    return read.ok ? undefined : read.problem.code;
  };
  t.equal(problem({ queryId: 'q', query: 'price', code: '1' }), undefined);
  t.equal(problem({ queryId: 'q', query: 'stock', code: '1' }), undefined);
  t.equal(problem({ queryId: 'q', query: 'weather', code: '1' }), 'QUERY_UNKNOWN');
  for (const wrong of [
    { query: 'price', code: '1' },
    { queryId: 'q', query: 'price' },
    { queryId: 'q', query: 'price', code: '1', id: '2' },
    { queryId: 'q', query: 'price', code: '1', at: 'noon' },
    { queryId: 'q', query: 'transaction', id: '1' },
    { queryId: 'q', query: 'price', code: '1', colour: 'red' },
    [],
  ]) {
    t.equal(problem(wrong), 'QUERY_INVALID', JSON.stringify(wrong));
  }
  t.match(readQuery(Buffer.from('{"queryId":"q","query":7}')), { ok: false, queryId: 'q' });
  t.end();
});

void t.test('questions are answered, and refused with the time to wait', async (t) => {
  let nowMs = 0;
  const answers: { queryId: string; state: string; error?: { code: string } }[] = [];
  const desk = new QueryDesk({
    ...{
      feedsFile: `${t.testdir()}/feeds.db`,
      dataDir: t.testdirName,
      stockFile: `${t.testdirName}/stock.db`,
      store: 's1',
      currency: 'EUR',
    },
    clock: { wallMs: () => 0, monotonicMs: () => nowMs },
    publish: (_deviceId, answer) => answers.push(JSON.parse(answer) as (typeof answers)[number]),
    heldByHq: () => ({ origin: '', size: 0 }),
    stockReached: () => Promise.resolve(),
    log: { warn: () => undefined },
  });
  t.teardown(() => desk.close());
  const ask = (queryId: string): void =>
    desk.take('t', Buffer.from(JSON.stringify({ queryId, query: 'price', code: '1' })));
  desk.take('t', Buffer.alloc(QUERY_BYTES_MAX + 1));
  t.match(answers, [{ state: 'refused', error: { code: 'QUERY_INVALID' } }]);
  ask('first');
  while (answers.length < 2) await delay(5);
  t.match(answers[1], { queryId: 'first', state: 'unknown', error: { code: 'QUERY_NOT_FOUND' } });
  for (let at = 0; at < 260; at++) ask(`q${at}`);
  t.match(answers[2], { state: 'refused', error: { code: 'QUERY_TOO_MANY', retryAfterMs: 1_000 } });
  // The one that was too long counts among the 250 refusals that go out at once.
  const refused = (): number => answers.filter(({ state }) => state === 'refused').length;
  for (let at = 0; at < 1_000; at++) ask(`flood${at}`);
  t.equal(refused(), 250);
  nowMs = 4;
  for (let at = 0; at < 2; at++) ask(`late${at}`);
  t.equal(refused(), 251);
  t.match(answers.at(-1), { error: { code: 'QUERY_TOO_MANY', unanswered: Number } });
});
