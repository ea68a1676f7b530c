/**
 * What the daemon's main thread holds of the ledger: commands in, answers out. Every answer is about
 * something durable; every failure is a TillgateError that says whether to try again.
 */
import { Worker, type MessagePort } from 'node:worker_threads';
import { BUSY_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type {
  Append,
  Answer,
  JobCommand,
  RightsAnswer,
  RightsCommand,
  Submission,
} from './commands.ts';
import type { JobAnswer } from './job-answer.ts';
import { unpackError } from './answer-pack.ts';
import type { EpochOpening } from './epoch.ts';
import { InProcessClient } from './in-process-client.ts';
import type { FromLedger, LedgerWorkerData } from './ledger-messages.ts';
import type { ReturnedOutcome } from './apply-returned.ts';
import type { EpochInfo } from './ledger-port.ts';
import type { ReturnedSlice } from './returned-entry.ts';
import { RESERVE_BYTES } from './space-reserve.ts';
import { WorkerClient } from './worker-client.ts';

export interface LedgerOptions {
  /** The folder that holds ledger.db; made if missing. */
  readonly dataDir: string;
  /** The first epoch's origin (`…/e1`); used only where there is no ledger yet. */
  readonly origin: string;
  readonly clock: Clock;
  /** What the wall clock follows, written on each entry; default `system`. */
  readonly clockSource?: string;
  /** Above this size of the write-ahead log the ledger waits for its checkpoint. */
  readonly walBytesMax?: number;
  /** Commands that may wait on this side; above it `LEDGER_BUSY` at once. */
  readonly queueItemsMax?: number;
  readonly queueBytesMax?: number;
  /** Size of the space set aside for the entries that must still fit when the disk is full. */
  readonly reserveBytes?: number;
  /** The storage failed (EIO) or the worker ended: the process must end with `exitCode` (70). */
  readonly onFatal: (error: TillgateError, exitCode: number) => void;
}

export interface LedgerTip {
  readonly origin: string;
  readonly epoch: number;
  /** Committed entries of the newest epoch. */
  readonly size: number;
}

export interface LedgerStatus {
  readonly tip: LedgerTip;
  readonly waitingItems: number;
  readonly waitingBytes: number;
  readonly inFlightItems: number;
  readonly walBytes: number;
  readonly freeBytes: number;
  readonly diskFull: boolean;
}

/**
 * A way past the main thread: a judge worker hands judged submissions straight to the ledger's
 * thread, and the answers come here. `port` is transferred to the worker, which uses
 * `openHandover(port)` (handover.ts) on it.
 */
export interface LedgerLane {
  readonly port: MessagePort;
  /** Announces one submission; its ticket travels with it, the promise ends with its answer. */
  expect(): { ticket: number; answer: Promise<Answer> };
  /** The announced submission will not come: its promise rejects with `error`. */
  forget(ticket: number, error: TillgateError): void;
}

export interface LedgerClient {
  readonly tip: LedgerTip;
  /**
   * Rejects with `LEDGER_BUSY` (it waited 2 s without being handed over, or the queue is full),
   * `LEDGER_DISK_FULL` (both retryable, nothing recorded) or `LEDGER_IO` (the process ends).
   */
  submit(submission: Submission): Promise<Answer>;
  append(command: Append): Promise<Answer>;
  /** A step of a job, in the same commit as whatever waits; rejects as `submit`, or `JOB_CONFLICT`. */
  job(command: JobCommand): Promise<JobAnswer>;
  /** What happens to rights outside of a sale, likewise; a refusal is an answer. */
  rights(command: RightsCommand): Promise<RightsAnswer>;
  openEpoch(opening: EpochOpening): Promise<EpochInfo>;
  /**
   * Takes entries back that HQ sent; rejects with `LEDGER_BUSY` while live sales wait, and with
   * `LEDGER_DISK_FULL`, both retryable.
   */
  restore(slice: ReturnedSlice): Promise<ReturnedOutcome>;
  openLane(): LedgerLane;
  /** Called after each commit, at most once per turn, with the new tip; returns the way to stop. */
  onCommit(listener: (tip: LedgerTip) => void): () => void;
  status(): LedgerStatus;
  /** Answers what was handed over, checkpoints and closes. */
  close(): Promise<void>;
}

/** A log of this size is copied in a second on slow flash; it bounds the disk and a restart. */
const WAL_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Starts the worker and returns when the tip is read. Rejects with `LEDGER_DAMAGED`,
 * `LEDGER_ORIGIN_MISMATCH`, `LEDGER_VERSION` or `LEDGER_IO`.
 */
export async function startLedger(options: LedgerOptions): Promise<LedgerClient> {
  const workerData: LedgerWorkerData = {
    dataDir: options.dataDir,
    origin: options.origin,
    clockSource: options.clockSource ?? 'system',
    walBytesMax: options.walBytesMax ?? WAL_BYTES_MAX,
    reserveBytes: options.reserveBytes ?? RESERVE_BYTES,
  };
  const url = workerUrl(import.meta.url, './ledger-worker');
  const worker = new Worker(url, { name: 'ledger', workerData, resourceLimits: BUSY_THREAD });
  const first = await firstMessage(worker);
  if (first.type === 'ready') return new WorkerClient(worker, first, options);
  await worker.terminate();
  throw first.type === 'failedToStart'
    ? unpackError(first.error)
    : new TillgateError('INTERNAL', 'The ledger thread began with an unexpected message.');
}

/** The same without threads, for commands while the daemon is down; the home lock must be held. */
export function openLedgerInProcess(options: LedgerOptions): LedgerClient {
  return new InProcessClient(options);
}

function firstMessage(worker: Worker): Promise<FromLedger> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (cause) => {
      const message = 'The ledger thread did not start.';
      reject(new TillgateError('LEDGER_WORKER_LOST', message, { cause }));
    });
  });
}
