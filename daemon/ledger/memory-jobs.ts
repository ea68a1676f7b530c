/** The jobs in memory, in order of queueing; reads and pruning are those of sqlite-jobs.ts. */
import {
  isSettled,
  type JobKey,
  type JobPruning,
  type JobReads,
  type JobWrite,
} from './job-row.ts';
import type { MemoryTables, StoredJob } from './memory-tables.ts';

type Jobs = MemoryTables['jobs'];

export function memoryJobs(jobs: Jobs): JobReads {
  const rows = () => [...inOrder(jobs)].map(([, { row }]) => row);
  return {
    find: (key) => found(jobs, key)?.[1].row,
    request: (key) => found(jobs, key)?.[1].request,
    unsettled: () => rows().filter((row) => !isSettled(row)),
    timesPrinted: (prints) =>
      rows().filter((row) => {
        return row.prints === prints && ['sent', 'done', 'unknown'].includes(row.state);
      }).length,
    count: () => jobs.size,
  };
}

export function writeMemoryJob(jobs: Jobs, { row, request }: JobWrite): void {
  const known = found(jobs, row);
  const id = known?.[0] ?? Math.max(0, ...jobs.keys()) + 1;
  jobs.set(id, { row, request: request ?? known?.[1].request ?? undefined });
}

export function pruneMemoryJobs(jobs: Jobs, pruning: JobPruning): void {
  for (const [id, { row }] of settled(jobs).slice(0, pruning.atMost)) {
    const isOld = (row.settledAt ?? '') < pruning.settledBefore;
    if (!isOld && jobs.size <= pruning.rowsMax) break;
    jobs.delete(id);
  }
  let bytes = 0;
  for (const { request } of jobs.values()) bytes += Buffer.byteLength(request ?? '');
  if (bytes <= pruning.requestBytesMax) return;
  const kept = settled(jobs).filter(([, { request }]) => request !== undefined);
  for (const [id, { row }] of kept.slice(0, pruning.atMost)) {
    jobs.set(id, { row, request: undefined });
  }
}

function settled(jobs: Jobs): (readonly [number, StoredJob])[] {
  return inOrder(jobs).filter(([, { row }]) => isSettled(row));
}

/** What is taken back after a failure comes to stand last in a map. */
function inOrder(jobs: Jobs): (readonly [number, StoredJob])[] {
  return [...jobs].sort(([a], [b]) => a - b);
}

function found(jobs: Jobs, key: JobKey): readonly [number, StoredJob] | undefined {
  return [...jobs].find(([, { row }]) => row.deviceId === key.deviceId && row.jobId === key.jobId);
}
