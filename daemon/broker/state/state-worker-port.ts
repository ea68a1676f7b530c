/** Starts the thread of broker.db. */
import { Worker } from 'node:worker_threads';
import { FRUGAL_THREAD } from '../../../platform/thread-memory.ts';
import { workerUrl } from '../../../platform/worker-url.ts';
import type { FromState, StatePort, StateWorkerData } from './broker-state-messages.ts';

export function startStateWorker(path: string): StatePort {
  const workerData: StateWorkerData = { path };
  const worker = new Worker(workerUrl(import.meta.url, './broker-state-worker'), {
    name: 'broker-state',
    workerData,
    resourceLimits: FRUGAL_THREAD,
  });
  let receive: (message: FromState) => void = () => undefined;
  worker.on('error', (error) => receive({ type: 'failed', message: String(error) }));
  return {
    post: (message) => worker.postMessage(message),
    listen: (receiver) => {
      receive = receiver;
      worker.on('message', receiver);
    },
    onEnd: (ended) => void worker.once('exit', () => ended()),
    terminate: () => void worker.terminate(),
  };
}
