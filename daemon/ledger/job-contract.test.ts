/** Goal: both stores keep jobs alike, over steps, failures, restarts and pruning. */
import t from 'tap';
import type { JobRow } from './job-row.ts';
import { ORIGIN } from './ledger-fixtures.ts';
import { SUBJECTS } from './store-subjects.ts';

const job = (jobId: string, more: Partial<JobRow> = {}): JobRow => ({
  ...{ deviceId: 'till-1', jobId, peripheralId: 'printer', operation: 'print', isPhysical: true },
  ...{ contentHash: 'hash', prints: 'job:till-1/a', copy: 0, state: 'queued', answer: null },
  ...{ queuedAt: '2010-12-01T08:26:00.000Z', sentAt: null, settledAt: null },
  ...more,
});

const settled = (jobId: string, day: number): JobRow =>
  job(jobId, { state: 'done', answer: '{}', settledAt: `2010-12-${day}T08:26:00.000Z` });

for (const [name, make] of SUBJECTS) {
  void t.test(`${name}: jobs are found by their key, also after a restart`, (t) => {
    const subject = make();
    let { store } = subject;
    const write = (...jobs: { row: JobRow; request?: string }[]): void =>
      store.transact((transaction) => transaction.write({ entries: [], jobs }));
    store.transact((transaction) => transaction.openEpoch(ORIGIN));
    write({ row: job('a'), request: '{"a":"ä"}' }, { row: job('b'), request: '{"b":1}' });
    write({ row: job('a', { deviceId: 'till-2', prints: null }), request: '{}' });
    t.throws(() =>
      store.transact((transaction) => {
        transaction.write({ entries: [], jobs: [{ row: job('a', { state: 'sent' }) }] });
        transaction.write({ entries: [], jobs: [{ row: job('c'), request: '{}' }] });
        throw new Error('changed its mind');
      }),
    );
    t.strictSame(store.view.jobs.find({ deviceId: 'till-1', jobId: 'a' }), job('a'));
    t.equal(store.view.jobs.count(), 3);
    const sent = job('b', { state: 'sent', sentAt: '2010-12-01T08:27:00.000Z', copy: 2 });
    write({ row: sent }, { row: settled('a', 11) });
    store = subject.restart();
    const { jobs } = store.view;
    t.strictSame(jobs.find({ deviceId: 'till-1', jobId: 'b' }), sent);
    t.strictSame(jobs.find({ deviceId: 'till-1', jobId: 'a' }), settled('a', 11));
    t.equal(jobs.find({ deviceId: 'till-1', jobId: 'c' }), undefined);
    t.equal(
      jobs.request({ deviceId: 'till-1', jobId: 'a' }),
      '{"a":"ä"}',
      'kept through the steps',
    );
    t.strictSame(
      jobs.unsettled().map(({ deviceId, jobId }) => [deviceId, jobId]),
      [
        ['till-1', 'b'],
        ['till-2', 'a'],
      ],
    );
    t.equal(jobs.timesPrinted('job:till-1/a'), 2);
    t.equal(jobs.timesPrinted('job:till-1/x'), 0);
    subject.end();
    t.end();
  });

  void t.test(`${name}: old jobs go, the oldest first, and never one that has not ended`, (t) => {
    const subject = make();
    let { store } = subject;
    const prune = (limits: { before?: number; rowsMax?: number; requestBytesMax?: number }): void =>
      store.transact((transaction) =>
        transaction.write({
          entries: [],
          pruneJobs: {
            settledBefore: `2010-12-${limits.before ?? 10}T00:00:00.000Z`,
            rowsMax: limits.rowsMax ?? 100,
            requestBytesMax: limits.requestBytesMax ?? 1_000,
            atMost: 2,
          },
        }),
      );
    const kept = (): string[] =>
      ['a', 'b', 'c', 'd', 'e', 'f'].filter(
        (jobId) => store.view.jobs.find({ deviceId: 'till-1', jobId }) !== undefined,
      );
    store.transact((transaction) => {
      transaction.openEpoch(ORIGIN);
      const rows = [job('a'), settled('b', 11), settled('c', 12), settled('d', 13), job('e')];
      transaction.write({
        entries: [],
        jobs: [...rows, settled('f', 14)].map((row) => ({ row, request: '{"1234"}' })),
      });
    });
    prune({});
    t.equal(kept().length, 6, 'nothing is old or too many');
    prune({ before: 12 });
    t.strictSame(kept(), ['a', 'c', 'd', 'e', 'f']);
    prune({ rowsMax: 4 });
    t.strictSame(kept(), ['a', 'd', 'e', 'f']);
    store = subject.restart();
    prune({ requestBytesMax: 31 });
    const request = (jobId: string) => store.view.jobs.request({ deviceId: 'till-1', jobId });
    t.strictSame(['a', 'd', 'e', 'f'].map(request), ['{"1234"}', undefined, '{"1234"}', undefined]);
    prune({ before: 99, rowsMax: 0, requestBytesMax: 0 });
    t.strictSame(kept(), ['a', 'e'], 'these have not ended');
    t.equal(store.view.jobs.count(), 2);
    subject.end();
    t.end();
  });
}
