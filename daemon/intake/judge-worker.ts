/**
 * The thread that parses, checks signatures and hashes: all that costs time before the ledger, and
 * nothing that needs order between devices. Batches come from the broker's thread and go to the
 * ledger's thread in the order they came; answers do not pass here.
 *
 * Relies on: judging never throws on bad input. If it does the thread ends, and with it the process,
 * before anything was acknowledged.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { must } from '../../protocol/must.ts';
import { openHandover } from '../ledger/handover.ts';
import type { Handover } from '../ledger/handover.ts';
import { Judge } from './judge-batch.ts';
import type { JudgeBatch, JudgeMessage } from './judge-batch.ts';

export interface JudgeWorkerData {
  /** The lane into the ledger's thread. */
  lane: MessagePort;
  requireSignature: boolean;
}

/** Hands batches over in order although some must wait for a signature check. */
class OrderedHandover {
  readonly #judge: Judge;
  readonly #handover: Handover;
  /** Ends when everything that was begun is handed over; undefined while nothing waits. */
  #tail: Promise<void> | undefined;

  constructor(judge: Judge, handover: Handover) {
    this.#judge = judge;
    this.#handover = handover;
  }

  take(batch: JudgeBatch): void {
    const judged = this.#judge.judge(batch);
    if (this.#tail === undefined && !(judged instanceof Promise)) {
      this.#handover.send(judged);
      return;
    }
    const tail = (this.#tail ?? Promise.resolve()).then(async () => {
      this.#handover.send(await judged);
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
  }
}

function run(port: MessagePort, data: JudgeWorkerData): void {
  const judge = new Judge({ requireSignature: data.requireSignature });
  const handover = new OrderedHandover(judge, openHandover(data.lane));
  port.on('message', (message: JudgeMessage) => {
    switch (message.type) {
      case 'batch':
        handover.take(message);
        break;
      case 'keys':
        judge.setKeys(message.deviceId, message.keys);
        break;
      case 'requireSignature':
        judge.setRequireSignature(message.value);
    }
  });
}

run(must(parentPort, 'this module runs as a worker'), workerData as JudgeWorkerData);
