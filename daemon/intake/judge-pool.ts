/**
 * The judge workers and their lanes into the ledger. A device always goes to the same worker, so
 * what it sends is judged and handed over in order however many workers there are.
 */
import { Worker } from 'node:worker_threads';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import type { DeviceKey } from '../../protocol/transaction/judgement.ts';
import { BUSY_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { Answer } from '../ledger/commands.ts';
import type { LedgerLane } from '../ledger/ledger-client.ts';
import type { LedgerRoute } from './intake.ts';
import type { JudgeBatch, JudgeMessage } from './judge-batch.ts';
import type { JudgeWorkerData } from './judge-worker.ts';
import type { SubmissionItem } from './submission-item.ts';

export interface JudgePoolOptions {
  /** Gives a new lane into the ledger's thread. */
  openLane: () => LedgerLane;
  requireSignature: boolean;
  /** One keeps up with the ledger on a machine of two cores. */
  workers?: number;
  /** A worker ended by itself: the process must end, nothing more can be answered. */
  onFatal: (error: TillgateError) => void;
}

interface JudgeLane {
  worker: Worker;
  lane: LedgerLane;
}

export class JudgePool implements LedgerRoute {
  readonly #lanes: JudgeLane[] = [];
  #isClosing = false;

  constructor(options: JudgePoolOptions) {
    for (let at = 0; at < (options.workers ?? 1); at += 1) {
      const lane = options.openLane();
      const workerData: JudgeWorkerData = {
        lane: lane.port,
        requireSignature: options.requireSignature,
      };
      const worker = new Worker(workerUrl(import.meta.url, './judge-worker'), {
        name: `judge-${at}`,
        workerData,
        resourceLimits: BUSY_THREAD,
        transferList: [lane.port],
      });
      let cause: unknown;
      worker.on('error', (error) => {
        cause = error;
      });
      worker.on('exit', () => {
        if (this.#isClosing) return;
        options.onFatal(new TillgateError('INTERNAL', 'A judge worker ended.', { cause }));
      });
      this.#lanes.push({ worker, lane });
    }
  }

  handOver(items: readonly SubmissionItem[]): Promise<Answer>[] {
    if (this.#lanes.length === 1) {
      return handOverTo(must(this.#lanes[0], 'there is a judge'), items);
    }
    const answers: Promise<Answer>[] = Array.from({ length: items.length });
    for (const [number, lane] of this.#lanes.entries()) {
      const places = [...items.keys()].filter(
        (place) => this.#laneOf(items[place]?.source.deviceId ?? '') === number,
      );
      if (places.length === 0) continue;
      const part = places.map((place) => must(items[place], 'the place is one of the items'));
      for (const [at, answer] of handOverTo(lane, part).entries()) {
        answers[places[at] ?? 0] = answer;
      }
    }
    return answers;
  }

  /** The device's live keys from now on; what was handed over before is judged with the old ones. */
  setKeys(deviceId: string, keys: readonly DeviceKey[]): void {
    this.#lanes[this.#laneOf(deviceId)]?.worker.postMessage({
      type: 'keys',
      deviceId,
      keys: [...keys],
    } satisfies JudgeMessage);
  }

  setRequireSignature(value: boolean): void {
    for (const { worker } of this.#lanes) {
      worker.postMessage({ type: 'requireSignature', value } satisfies JudgeMessage);
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()));
  }

  #laneOf(deviceId: string): number {
    let sum = 0;
    for (let at = 0; at < deviceId.length; at += 1) sum = (sum * 31 + deviceId.charCodeAt(at)) | 0;
    return Math.abs(sum) % this.#lanes.length;
  }
}

function handOverTo(
  { worker, lane }: JudgeLane,
  items: readonly SubmissionItem[],
): Promise<Answer>[] {
  const answers: Promise<Answer>[] = [];
  const batch: JudgeBatch = {
    type: 'batch',
    tickets: [],
    deviceIds: [],
    lengths: [],
    oversized: [],
    bytes: gather(items),
  };
  for (const [place, item] of items.entries()) {
    const { ticket, answer } = lane.expect();
    answers.push(answer);
    batch.tickets.push(ticket);
    batch.deviceIds.push(item.source.deviceId);
    batch.lengths.push(item.payload.length);
    if (item.oversized !== null) batch.oversized.push({ place, ...item.oversized });
  }
  worker.postMessage(batch);
  return answers;
}

/** Copies the payloads side by side; from here on the items point there and free their chunks. */
function gather(items: readonly SubmissionItem[]): Buffer {
  let length = 0;
  for (const item of items) length += item.payload.length;
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const item of items) {
    bytes.set(item.payload, at);
    item.payload = bytes.subarray(at, at + item.payload.length);
    at += item.payload.length;
  }
  return bytes;
}
