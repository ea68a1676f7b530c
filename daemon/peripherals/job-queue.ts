/**
 * The jobs of one peripheral, one at a time and in their order. It guarantees that each ends:
 *
 * - waiting takes at most half of the time that a job may take, then it is refused; what begins has
 *   the rest of it, so that nothing is cut off half-way because others were before it;
 * - what happens in the world is `sent` in the ledger before its first byte, and what becomes of it is
 *   in the ledger before anybody hears of it;
 * - a peripheral that stays away refuses what waits.
 *
 * Relies on the ledger having recorded the job (`queued`) before it comes here.
 */
import type { Operation } from '../../drivers/driver.ts';
import type { JobOutcome, JobProblem } from '../../drivers/job.ts';
import type { RunningSession } from '../../drivers/run-session.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { AdvanceJob } from '../ledger/commands.ts';
import type { JobRow } from '../ledger/job-row.ts';
import type { JobBook, SettledJob } from './job-book.ts';
import { refusalOf, refused } from './job-response.ts';

/** More than this at one counter is a loop in a program, not a queue of customers. */
export const QUEUE_JOBS_MAX = 64;

export interface QueuedJob {
  readonly row: JobRow;
  /** Of the driver. */
  readonly operation: string;
  readonly rules: Pick<Operation, 'isPhysical'>;
  /** What the driver gets, once it is known which copy this is. */
  readonly paramsFor: (copy: number) => unknown;
  readonly copyMin: number;
  readonly timeoutMs: number;
  /** What the log is told where it is done, or may have been. */
  readonly entry?: AdvanceJob['entry'];
}

export interface JobQueueOptions {
  readonly book: JobBook;
  readonly clock: Clock;
  readonly schedule: Schedule;
  /** The session that takes jobs now. */
  readonly session: () => RunningSession | undefined;
  /** A job has ended and the ledger has it. */
  readonly onSettled: (job: QueuedJob, settled: SettledJob) => void;
  /** The end of a job could not be written; its device is not answered, and asks again. */
  readonly onFailure: (error: unknown) => void;
}

interface Waiting {
  readonly job: QueuedJob;
  readonly takenAtMs: number;
  readonly stopTimer: () => void;
}

export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #waiting: Waiting[] = [];
  #reserved = 0;
  #running: QueuedJob | undefined;
  #whenIdle: (() => void)[] = [];
  #isClosed = false;

  constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length + (this.#running === undefined ? 0 : 1);
  }

  /** Keeps a place for a job that the ledger is about to record; false when there is none. */
  reserve(): boolean {
    if (this.#isClosed || this.#waiting.length + this.#reserved >= QUEUE_JOBS_MAX) return false;
    this.#reserved += 1;
    return true;
  }

  /** The job will not come. */
  release(): void {
    this.#reserved -= 1;
  }

  /** The job that is being carried out. */
  get running(): QueuedJob | undefined {
    return this.#running;
  }

  /** Takes the place that was kept. */
  add(job: QueuedJob): void {
    this.#reserved -= 1;
    if (this.#isClosed) {
      this.#refuse(job, refused('JOB_INTERRUPTED', 'The gateway is stopping.').error);
      return;
    }
    const { schedule, clock } = this.#options;
    const waitMs = Math.ceil(job.timeoutMs / 2);
    const stopTimer = schedule(() => {
      const at = this.#waiting.findIndex((waiting) => waiting.job === job);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      const why = `It waited ${waitMs} ms for the jobs before it; nothing was done.`;
      this.#refuse(job, refused('JOB_EXPIRED', why).error);
    }, waitMs);
    this.#waiting.push({ job, takenAtMs: clock.monotonicMs(), stopTimer });
    this.pump();
  }

  /** Looks whether the next job can begin: there is a session, or one has ended. */
  pump(): void {
    const session = this.#options.session();
    if (this.#running !== undefined || session === undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    next.stopTimer();
    this.#running = next.job;
    void this.#run(next, session).then(() => {
      this.#running = undefined;
      for (const resolve of this.#whenIdle.splice(0)) resolve();
      this.pump();
    });
  }

  /** Refuses all that waits. */
  refuseWaiting(why: JobProblem): void {
    for (const { job, stopTimer } of this.#waiting.splice(0)) {
      stopTimer();
      this.#refuse(job, why);
    }
  }

  /** Refuses what waits; resolves when the job that is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.refuseWaiting(refused('JOB_INTERRUPTED', 'The gateway is stopping.').error);
    if (this.#running !== undefined) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
  }

  async #run({ job, takenAtMs }: Waiting, session: RunningSession): Promise<void> {
    const { clock } = this.#options;
    let row = job.row;
    let outcome: JobOutcome;
    try {
      if (job.rules.isPhysical) row = await this.#options.book.sent(row, job.copyMin);
      const restMs = job.timeoutMs - (clock.monotonicMs() - takenAtMs);
      outcome = await this.#perform(job, { row, session, restMs });
    } catch (error) {
      // Nothing was written: the ledger would not have it, or the params could not be made.
      outcome = refusalOf(error);
    }
    await this.#settle(job, row, outcome);
  }

  async #perform(
    job: QueuedJob,
    at: { row: JobRow; session: RunningSession; restMs: number },
  ): Promise<JobOutcome> {
    const { row, session, restMs } = at;
    // While the ledger wrote, the peripheral may have gone: then no byte has left.
    if (this.#options.session() !== session) {
      return refused('PERIPHERAL_ABSENT', 'The peripheral went away before the job began.');
    }
    const { operation } = job;
    const params = job.paramsFor(row.copy);
    const jobId = `${row.deviceId}/${row.jobId}`;
    const outcome = await session.perform({ jobId, operation, params }, Math.max(1, restMs));
    if (outcome.state === 'unknown' && !job.rules.isPhysical) {
      // It leaves no trace in the world, so asking again is safe.
      return { state: 'refused', error: outcome.error };
    }
    if (outcome.state !== 'done' || row.copy === 0) return outcome;
    return { state: 'done', result: { ...outcome.result, copy: row.copy } };
  }

  #refuse(job: QueuedJob, error: JobProblem): void {
    void this.#settle(job, job.row, { state: 'refused', error });
  }

  async #settle(job: QueuedJob, row: JobRow, outcome: JobOutcome): Promise<void> {
    const { book, onSettled, onFailure } = this.#options;
    try {
      const entry = outcome.state === 'done' ? job.entry : undefined;
      onSettled(job, await book.settle(row, outcome, entry));
    } catch (error) {
      onFailure(error);
    }
  }
}
