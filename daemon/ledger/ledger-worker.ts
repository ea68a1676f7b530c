/**
 * The ledger's thread: the only writer of ledger.db. A shell that opens the store, wires the ports
 * and starts the checkpoint thread; what happens is in ledger-thread.ts and ledger-core.ts.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, Worker, workerData, type MessagePort } from 'node:worker_threads';
import { systemSchedule } from '../../platform/schedule.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { FRUGAL_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { packError } from './answer-pack.ts';
import { LedgerCore } from './ledger-core.ts';
import type { FromCheckpoint, FromLedger, LedgerWorkerData, ToLedger } from './ledger-messages.ts';
import { LedgerThread } from './ledger-thread.ts';
import { RESERVE_FILE, SpaceReserve } from './space-reserve.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';
import { ledgerFailure } from './sqlite-failure.ts';
import { SqliteStore } from './sqlite-store.ts';
import { unpackSubmissions, type SubmissionPack } from './submission-pack.ts';
import { WalKeeper } from './wal-keeper.ts';

const main = must(parentPort, 'this module runs as a worker');
const post = (message: FromLedger, transfer: ArrayBuffer[] = []): void =>
  main.postMessage(message, transfer);

function start(data: LedgerWorkerData): void {
  mkdirSync(data.dataDir, { recursive: true });
  const path = join(data.dataDir, LEDGER_FILE);
  const core = new LedgerCore(new SqliteStore(path), {
    clock: systemClock,
    bootId: randomUUID(),
    clockSource: data.clockSource,
    randomBytes,
    origin: data.origin,
  });
  const checkpointer = startCheckpointer(path);
  const wal = new WalKeeper({
    clock: systemClock,
    walBytesMax: data.walBytesMax,
    requestCheckpoint: () => checkpointer.postMessage({ type: 'checkpoint' }),
  });
  const reserve = new SpaceReserve(join(data.dataDir, RESERVE_FILE), data.reserveBytes);
  reserve.take();
  const thread = new LedgerThread({ core, wal, reserve, post, schedule: systemSchedule });
  checkpointer.on('message', (result: FromCheckpoint) => thread.checkpointed(result));
  const lanes: MessagePort[] = [];
  const close = (): void => {
    thread.drain(() => {
      checkpointer.once('exit', () => {
        core.close();
        for (const lane of lanes) lane.close();
        main.close();
      });
      checkpointer.postMessage({ type: 'close' });
    });
  };
  main.on('message', (message: ToLedger) => {
    if (message.type === 'lane') lanes.push(message.port);
    receive(message, thread, close);
  });
  post({ type: 'ready', tip: core.tip() });
}

function startCheckpointer(path: string): Worker {
  const url = workerUrl(import.meta.url, './wal-checkpoint-worker');
  const checkpointer = new Worker(url, {
    name: 'wal-checkpoint',
    workerData: { path },
    resourceLimits: FRUGAL_THREAD,
  });
  checkpointer.on('error', (cause) => {
    throw new TillgateError('LEDGER_WORKER_LOST', 'The checkpoint thread failed.', { cause });
  });
  return checkpointer;
}

function receive(message: ToLedger, thread: LedgerThread, close: () => void): void {
  switch (message.type) {
    case 'submissions':
      thread.submissions(unpackSubmissions(message));
      break;
    case 'append':
      thread.append(message.ticket, message.command);
      break;
    case 'openEpoch':
      thread.openEpoch(message.ticket, message.opening);
      break;
    case 'restore':
      thread.restore(message.ticket, message.slice);
      break;
    case 'lane':
      openLane(message.port, thread);
      break;
    case 'close':
      close();
  }
}

function openLane(port: MessagePort, thread: LedgerThread): void {
  port.on('message', (pack: SubmissionPack) => thread.submissions(unpackSubmissions(pack)));
}

try {
  start(workerData as LedgerWorkerData);
} catch (error) {
  const known = ledgerFailure(error);
  const failure =
    known instanceof TillgateError
      ? known
      : new TillgateError('LEDGER_IO', `The ledger could not be opened: ${String(error)}`);
  post({ type: 'failedToStart', error: packError(failure) });
}
