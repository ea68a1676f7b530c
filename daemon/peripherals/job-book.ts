/**
 * The jobs as the ledger keeps them, for whoever carries them out. What is asked of it is durable
 * when it resolves. An end is written again and again until it is: before that nobody is answered.
 */
import type { JobOutcome } from '../../drivers/job.ts';
import { passing, type Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { endOfInterrupted } from '../ledger/apply-job.ts';
import type { AdvanceJob } from '../ledger/commands.ts';
import type { JobAnswer } from '../ledger/job-answer.ts';
import type { JobKey, JobReads, JobRow, NewJob } from '../ledger/job-row.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import { formatResponse, refused } from './job-response.ts';

/** A full disk or a queue in front of the ledger passes; a job's end must not be forgotten. */
const SETTLE_AGAIN_MS = 1_000;

export interface JobBookOptions {
  readonly ledger: Pick<LedgerClient, 'job'>;
  readonly reads: JobReads;
  readonly clock: Clock;
  readonly schedule: Schedule;
}

export interface SettledJob {
  readonly row: JobRow;
  /** As it goes to the device. */
  readonly answer: string;
}

export class JobBook {
  readonly #options: JobBookOptions;
  #isClosed = false;

  constructor(options: JobBookOptions) {
    this.#options = options;
  }

  find(key: JobKey): JobRow | undefined {
    return this.#options.reads.find(key);
  }

  /** What was asked; undefined once it had to make room. */
  request(key: JobKey): string | undefined {
    return this.#options.reads.request(key);
  }

  /** Rejects with `JOB_CONFLICT` or what keeps the ledger from it. */
  put(job: NewJob, request: string | null): Promise<JobAnswer> {
    return this.#options.ledger.job({ type: 'putJob', job, request });
  }

  /** Before the first byte of what happens in the world. */
  async sent({ deviceId, jobId }: JobKey, copyMin: number): Promise<JobRow> {
    const step: AdvanceJob = { type: 'advanceJob', deviceId, jobId, to: 'sent', copyMin };
    return (await this.#options.ledger.job(step)).row;
  }

  /** Resolves when the end is durable; rejects when the ledger has failed for good, or on `close`. */
  async settle(row: JobRow, outcome: JobOutcome, entry?: AdvanceJob['entry']): Promise<SettledJob> {
    const { ledger, clock, schedule } = this.#options;
    const { deviceId, jobId } = row;
    const answer = formatResponse(row, outcome, clock.wallMs());
    const step: AdvanceJob = {
      ...{ type: 'advanceJob', deviceId, jobId, to: outcome.state, answer },
      ...(entry !== undefined && { entry }),
    };
    for (;;) {
      try {
        return { row: (await ledger.job(step)).row, answer };
      } catch (error) {
        if (this.#isClosed || !isTillgateError(error) || !error.retryable) throw error;
        await passing(schedule, SETTLE_AGAIN_MS);
      }
    }
  }

  /** What an end of the process left behind: nothing is done again, what may have happened is said. */
  async endInterrupted(): Promise<SettledJob[]> {
    const ended: SettledJob[] = [];
    for (const row of this.#options.reads.unsettled()) {
      const isUnknown = endOfInterrupted(row) === 'unknown';
      const how = isUnknown ? 'while it was under way' : 'before it began';
      const { error } = refused('JOB_INTERRUPTED', `The gateway ended ${how}.`);
      const state = isUnknown ? 'unknown' : 'refused';
      ended.push(await this.settle(row, { state, error }));
    }
    return ended;
  }

  close(): void {
    this.#isClosed = true;
  }
}
