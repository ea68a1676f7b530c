/**
 * Runs the jobs of a verification: in threads, each asking for the next job when it is done, so
 * that the last one is not waited for alone; or in this thread when there is little to do. Results
 * come in the order of the jobs, whichever thread had them.
 */
import { Worker } from 'node:worker_threads';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { runVerifyJob } from './log-verify-job.ts';
import type { VerifyJob, VerifyJobResult } from './log-verify-job.ts';

export interface VerifyPoolOptions {
  readonly dataDir: string;
  /** For the jobs that run here. */
  readonly reader: LedgerReader;
  /** 0 runs everything in this thread. */
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  readonly onDone: (job: VerifyJob) => void;
}

/** Throws `CANCELED` when the signal aborts. */
export async function runVerifyJobs(
  jobs: readonly VerifyJob[],
  options: VerifyPoolOptions,
): Promise<VerifyJobResult[]> {
  const results = new Array<VerifyJobResult>(jobs.length);
  let next = 0;
  const workOff = async (run: (job: VerifyJob) => Promise<VerifyJobResult>): Promise<void> => {
    for (let at = next++; at < jobs.length; at = next++) {
      if (options.signal?.aborted === true) throw canceled();
      const job = must(jobs[at], 'a job inside the list');
      results[at] = await run(job);
      options.onDone(job);
    }
  };
  const threads = Math.min(options.threads, jobs.length);
  if (threads === 0) {
    await workOff((job) => runVerifyJob(options.reader, job));
    return results;
  }
  const workers = Array.from({ length: threads }, () => startWorker(options.dataDir));
  try {
    await Promise.all(workers.map((worker) => workOff((job) => ask(worker, job))));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

function startWorker(dataDir: string): Worker {
  return new Worker(workerUrl(import.meta.url, './log-verify-worker'), { workerData: { dataDir } });
}

function ask(worker: Worker, job: VerifyJob): Promise<VerifyJobResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (result: VerifyJobResult): void => {
      settle();
      resolve(result);
    };
    const onError = (error: unknown): void => {
      settle();
      reject(error instanceof Error ? error : new TillgateError('INTERNAL', String(error)));
    };
    const onExit = (code: number): void => {
      onError(new TillgateError('INTERNAL', `A verifying thread ended with code ${code}.`));
    };
    const settle = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}

function canceled(): TillgateError {
  return new TillgateError('CANCELED', 'The work was interrupted before it was done.', {
    retryable: true,
  });
}
