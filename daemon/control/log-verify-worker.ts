/** The thread around runVerifyJob: one reader, one job at a time, answers in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../protocol/must.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { runVerifyJob } from './log-verify-job.ts';
import type { VerifyJob } from './log-verify-job.ts';

const port = must(parentPort, 'this module is the main module of a worker thread');
const reader = openLedgerReader((workerData as { dataDir: string }).dataDir);

port.on('message', (job: VerifyJob) => {
  // A rejection ends the thread as an uncaught exception, and its owner hears of that.
  void runVerifyJob(reader, job).then((result) => {
    port.postMessage(result);
  });
});
