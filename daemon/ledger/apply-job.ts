/**
 * What a command about a job does: rows beside the log, in the commit that its answer waits for.
 * Where a job has to be known to whoever reads the log, the entry is in the same commit: a print that
 * is not the first of its kind, before it begins, and a job of which nobody knows what became.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { isId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { assert, must } from '../../protocol/must.ts';
import type { Applied } from './apply.ts';
import type { AdvanceJob, PutJob } from './commands.ts';
import { draftEntry, type EntryContext } from './entry-draft.ts';
import { isSettled, mayBecome, transactionOf, type JobPruning, type JobRow } from './job-row.ts';
import type { EntryDraft, LedgerView } from './ledger-port.ts';

/** Answers are kept this long: a till that was away over a season still gets its own. */
const KEPT_DAYS = 90;
/** A thousand jobs a day for a quarter, about 50 MB. */
export const JOB_ROWS_MAX = 100_000;
/** What a reprint is made from; a receipt is a few KiB, so weeks of them. */
const REQUEST_BYTES_MAX = 64 * 1024 * 1024;
/** Two would do to keep up with one new job; more, so that a lowered limit is reached some day. */
const PRUNED_AT_MOST = 4;
const DAY_MS = 86_400_000;

interface Surroundings {
  readonly view: LedgerView;
  readonly context: EntryContext;
}

/** The row of this job as it is, or a new one that is `queued`. */
export function applyPutJob(command: PutJob, { view, context }: Surroundings): Applied {
  const known = view.jobs.find(command.job);
  if (known !== undefined) {
    if (known.contentHash === command.job.contentHash) return about(known, view, {});
    throw new TillgateError(
      'JOB_CONFLICT',
      `${known.deviceId} used the jobId ${JSON.stringify(known.jobId)} for something else.`,
    );
  }
  const row: JobRow = {
    ...command.job,
    ...{ state: 'queued', copy: 0, answer: null, sentAt: null, settledAt: null },
    queuedAt: context.recordedAt,
  };
  const jobs = [{ row, request: command.request }];
  return about(row, view, { jobs, pruneJobs: pruning(context) });
}

export function applyAdvanceJob(command: AdvanceJob, { view, context }: Surroundings): Applied {
  const { to } = command;
  const row = must(view.jobs.find(command), 'a job is queued before it goes on');
  assert(mayBecome(row, to), `a ${row.state} job does not become ${to}`);
  const at = context.recordedAt;
  const surroundings = { view, context };
  if (to === 'sent') {
    const before = row.prints === null ? 0 : view.jobs.timesPrinted(row.prints);
    const copy = Math.max(before, command.copyMin ?? 0);
    const next: JobRow = { ...row, state: to, sentAt: at, copy };
    const entries = copy === 0 ? [] : [note(next, { event: 'reprint', copy }, surroundings)];
    return about(next, view, { jobs: [{ row: next }], entries });
  }
  const answer = must(command.answer, 'a job ends with its answer');
  const next: JobRow = { ...row, state: to, settledAt: at, answer };
  const event = command.entry ?? (to === 'unknown' ? { event: 'jobUnknown' } : undefined);
  const entries = event === undefined ? [] : [note(next, event, surroundings)];
  return about(next, view, { jobs: [{ row: next }], entries });
}

function pruning({ clock }: EntryContext): JobPruning {
  return {
    settledBefore: new Date(Math.max(0, clock.wall - KEPT_DAYS * DAY_MS)).toISOString(),
    rowsMax: JOB_ROWS_MAX,
    requestBytesMax: REQUEST_BYTES_MAX,
    atMost: PRUNED_AT_MOST,
  };
}

function note(
  row: JobRow,
  event: Record<string, Json>,
  { view, context }: Surroundings,
): EntryDraft {
  const { size } = must(view.current(), 'an epoch is open before anything is appended');
  const { peripheralId, jobId, operation, deviceId } = row;
  const transactionId = transactionOf(row);
  const members = {
    ...{ peripheralId, jobId, operation, ...event },
    ...(transactionId !== undefined && { transactionId }),
    // What the gateway itself asked for is no device's.
    ...(isId(deviceId) && { deviceId }),
  };
  return draftEntry({ index: size, kind: 'peripheral', members }, context);
}

function about(row: JobRow, view: LedgerView, writes: Partial<Applied['writes']>): Applied {
  const { origin, size } = must(view.current(), 'an epoch is open before anything is done');
  return {
    writes: { entries: [], ...writes },
    reply: {
      ...{ outcome: 'job', origin, index: size, text: JSON.stringify(row) },
      duplicate: writes.jobs === undefined,
    },
  };
}

/** A job that was under way when the gateway ended. */
export function endOfInterrupted(row: JobRow): 'unknown' | 'refused' {
  assert(!isSettled(row), 'what is settled stays');
  return row.state === 'sent' ? 'unknown' : 'refused';
}
