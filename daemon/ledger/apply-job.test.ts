/**
 * Goal: a job takes only the steps it may, and what the log has to know is in the same commit.
 * Method: the pure core over the memory store.
 */
import t from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { must } from '../../protocol/must.ts';
import { endOfInterrupted } from './apply-job.ts';
import type { AdvanceJob, JobCommand, PutJob } from './commands.ts';
import { mayBecome, transactionOf, JOB_STATES, type JobRow, type NewJob } from './job-row.ts';
import type { LedgerCore } from './ledger-core.ts';
import { newCore, uuid } from './ledger-fixtures.ts';
import { MemoryStore } from './memory-store.ts';

const put = (jobId: string, more: Partial<NewJob> = {}): PutJob => ({
  type: 'putJob',
  job: {
    ...{ deviceId: 'till-1', jobId, peripheralId: 'printer', operation: 'print' },
    ...{ isPhysical: true, contentHash: 'a', prints: null },
    ...more,
  },
  request: '{}',
});

const step = (jobId: string, to: AdvanceJob['to']): AdvanceJob => ({
  ...{ type: 'advanceJob', deviceId: 'till-1', jobId, to },
  ...(to !== 'sent' && { answer: `{"state":"${to}"}` }),
});

function run(core: LedgerCore, command: JobCommand): { row: JobRow; duplicate: boolean } {
  const [outcome] = core.run([command]);
  if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error('no outcome');
  t.equal(outcome.outcome, 'job');
  return { row: JSON.parse(outcome.text) as JobRow, duplicate: outcome.duplicate };
}

const header = (core: LedgerCore, index: number) =>
  decodeEntry(must(core.view.leaf({ epoch: 1, index }), 'the entry is there')).header;

void t.test('the same job is its row, whatever became of it; other content is a conflict', (t) => {
  const core = newCore(new MemoryStore());
  t.match(run(core, put('a')), { duplicate: false, row: { state: 'queued', copy: 0 } });
  t.match(run(core, put('a')), { duplicate: true, row: { state: 'queued' } });
  run(core, step('a', 'sent'));
  run(core, step('a', 'done'));
  t.match(run(core, put('a')), { duplicate: true, row: { state: 'done', answer: /done/ } });
  t.throws(() => run(core, put('a', { contentHash: 'b' })), { code: 'JOB_CONFLICT' });
  t.match(run(core, put('a', { deviceId: 'till-2', contentHash: 'b' })), { duplicate: false });
  t.equal(core.tip().size, 1, 'nothing of it is an entry');
  t.end();
});

void t.test('every other step is a mistake of ours, and only of that command', (t) => {
  const legal = new Set(
    ['queued sent', 'queued refused', 'sent done', 'sent refused', 'sent unknown'].concat([]),
  );
  for (const state of JOB_STATES) {
    for (const to of JOB_STATES) {
      t.equal(mayBecome({ state, isPhysical: true }, to), legal.has(`${state} ${to}`));
    }
  }
  t.equal(mayBecome({ state: 'queued', isPhysical: false }, 'done'), true);
  t.equal(mayBecome({ state: 'queued', isPhysical: false }, 'sent'), false);
  const core = newCore(new MemoryStore());
  run(core, put('a'));
  const [bad, good] = core.run([step('a', 'unknown'), step('a', 'sent')]);
  t.match(bad, { code: 'INTERNAL' });
  t.match(good, { outcome: 'job' });
  t.throws(() => run(core, step('b', 'sent')), { code: 'INTERNAL' });
  t.end();
});

void t.test('a print that went out before is a copy, and the log says so before it begins', (t) => {
  const core = newCore(new MemoryStore());
  const prints = `transaction:${uuid('sale')}`;
  for (const jobId of ['a', 'b', 'c', 'd']) run(core, put(jobId, { prints }));
  run(core, step('a', 'sent'));
  run(core, step('a', 'refused'));
  t.match(run(core, step('b', 'sent')).row, { copy: 0 }, 'the first was refused');
  t.equal(core.tip().size, 1);
  t.match(run(core, step('c', 'sent')).row, { copy: 1 }, 'the second is on its way');
  t.match(header(core, 1), {
    ...{ kind: 'peripheral', event: 'reprint', copy: 1, jobId: 'c', deviceId: 'till-1' },
    ...{ transactionId: uuid('sale'), peripheralId: 'printer', operation: 'print' },
  });
  run(core, step('c', 'unknown'));
  t.match(header(core, 2), { kind: 'peripheral', event: 'jobUnknown', jobId: 'c' });
  t.match(run(core, step('d', 'sent')).row, { copy: 2 });
  t.end();
});

void t.test('after an interruption only what was sent may have happened', (t) => {
  const core = newCore(new MemoryStore());
  run(core, put('a'));
  run(core, put('b', { deviceId: '#local' }));
  run(core, step('a', 'sent'));
  t.strictSame(
    core.view.jobs.unsettled().map((row) => [row.jobId, endOfInterrupted(row)]),
    [
      ['a', 'unknown'],
      ['b', 'refused'],
    ],
  );
  t.equal(transactionOf({ prints: 'job:till-1/a' }), undefined);
  t.equal(transactionOf({ prints: null }), undefined);
  t.end();
});
