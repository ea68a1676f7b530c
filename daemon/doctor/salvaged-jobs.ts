/**
 * The jobs of peripherals that a damaged ledger still shows. They stand in no entry, so nothing
 * proves them: a row counts when every member of it is what such a row holds.
 */
import { JOB_STATES, isSettled, type JobRow, type JobWrite } from '../ledger/job-row.ts';
import { jobOf, type StoredJob } from '../ledger/sqlite-jobs.ts';
import type { LedgerSalvage } from './ledger-salvage.ts';

const TEXTS = ['device_id', 'job_id', 'peripheral_id', 'operation', 'content_hash', 'queued_at'];
const OPTIONAL_TEXTS = ['prints', 'answer', 'sent_at', 'settled_at'];

export function salvageJobs(salvage: LedgerSalvage): JobWrite[] {
  return salvage.rows('jobs').flatMap((stored) => {
    const row = rowOf(stored);
    if (row === undefined) return [];
    const request = salvage.jobRequest(Number(stored['id']));
    return [{ row, ...(request !== undefined && { request }) }];
  });
}

function rowOf(stored: Record<string, unknown>): JobRow | undefined {
  const isWhole =
    TEXTS.every((name) => typeof stored[name] === 'string') &&
    OPTIONAL_TEXTS.every((name) => stored[name] === null || typeof stored[name] === 'string') &&
    Number.isSafeInteger(stored['copy']) &&
    (JOB_STATES as readonly unknown[]).includes(stored['state']);
  if (!isWhole) return undefined;
  const row = jobOf(stored as unknown as StoredJob);
  const ends = [row.settledAt !== null, row.answer !== null];
  return ends.every((hasEnded) => hasEnded === isSettled(row)) ? row : undefined;
}
