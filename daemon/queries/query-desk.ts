/**
 * Takes questions of devices in and gives the answers out: bounded in all, limited for each device,
 * and answered in a thread of its own that begins with the first question. What exceeds a limit is
 * refused at once with the time to wait. Refusals are limited too, or a flood of questions would become
 * a flood of answers: one that goes out says how many before it did not. A thread that ends by itself costs the questions it had,
 * which are refused too; the next question begins another.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../protocol/clock.ts';
import { FRUGAL_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { PriceOverride } from '../prices/override-event.ts';
import { failure } from './query-answer.ts';
import type { FromQueries, HeldByHq, QueryWorkerData, ToQueries } from './query-messages.ts';
import { QUERY_BYTES_MAX, readQuery } from './query-schema.ts';
import { QueryRates } from './query-rates.ts';

export type QueryDeskOptions = QueryWorkerData & {
  clock: Clock;
  publish: (deviceId: string, answer: string) => void;
  heldByHq: () => HeldByHq;
  /** Resolves when stock has come up to the log, or after a moment all the same. */
  stockReached: () => Promise<void>;
  log: { warn(details: object, message: string): void };
};

/** A second's worth for all tills of a large store. */
const WAITING_MAX = 1_000;
const RETRY_MS = 1_000;

export class QueryDesk {
  readonly #options: QueryDeskOptions;
  readonly #rates: QueryRates;
  readonly #refusalRates: QueryRates;
  /** Refusals that did not go out, for each device that is flooding; devices are enrolled by people. */
  readonly #unanswered = new Map<string, number>();
  readonly #waiting = new Map<number, { deviceId: string; payload: Uint8Array }>();
  #worker: Worker | undefined;
  #known: ToQueries | undefined;
  #overrides: ToQueries | undefined;
  #nextId = 1;
  #isClosed = false;
  readonly counts = { answered: 0, refused: 0 };

  constructor(options: QueryDeskOptions) {
    this.#options = options;
    this.#rates = new QueryRates(options.clock);
    this.#refusalRates = new QueryRates(options.clock);
  }

  /** Takes one question; the answer comes through `publish`. Never throws for what it says. */
  take(deviceId: string, payload: Uint8Array): void {
    if (this.#isClosed) return;
    if (payload.length > QUERY_BYTES_MAX) {
      this.#refuse(deviceId, new Uint8Array(0), 'QUERY_INVALID');
    } else if (this.#waiting.size >= WAITING_MAX || !this.#rates.may(deviceId)) {
      this.#refuse(deviceId, payload, 'QUERY_TOO_MANY');
    } else {
      const id = this.#nextId++;
      this.#waiting.set(id, { deviceId, payload });
      this.#ask(id, payload, false);
    }
  }

  /** What answers say beside the documents. */
  known(known: Omit<Extract<ToQueries, { type: 'known' }>, 'type'>): void {
    this.#known = { type: 'known', ...known };
    this.#worker?.postMessage(this.#known);
  }

  /** The prices that the store set itself; questions that come after this are answered by them. */
  overrides(overrides: readonly PriceOverride[]): void {
    this.#overrides = { type: 'overrides', overrides };
    this.#worker?.postMessage(this.#overrides);
  }

  /** A file that is read is another one since now. */
  reopen(): void {
    const message: ToQueries = { type: 'reopen' };
    this.#worker?.postMessage(message);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #ask(id: number, payload: Uint8Array, isLate: boolean): void {
    const heldByHq = this.#options.heldByHq();
    this.#tell({ type: 'query', id, payload, heldByHq, isLate });
  }

  #received(message: FromQueries): void {
    const { id } = message;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (message.type === 'behind') {
      void this.#options.stockReached().then(() => {
        if (this.#waiting.has(id) && !this.#isClosed) this.#ask(id, waiting.payload, true);
      });
      return;
    }
    this.#waiting.delete(id);
    this.counts.answered += 1;
    this.#options.publish(waiting.deviceId, message.answer);
  }

  #tell(message: ToQueries): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const { feedsFile, dataDir, stockFile, store, currency } = this.#options;
    const workerData: QueryWorkerData = { feedsFile, dataDir, stockFile, store, currency };
    const worker = new Worker(workerUrl(import.meta.url, './query-worker'), {
      workerData,
      resourceLimits: FRUGAL_THREAD,
    });
    worker.unref();
    worker.on('message', (message: FromQueries) => this.#received(message));
    const ended = (error: unknown): void => {
      if (this.#worker !== worker || this.#isClosed) return;
      this.#worker = undefined;
      this.#options.log.warn({ err: error }, 'the thread that answers questions ended');
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { deviceId, payload } of lost)
        this.#refuse(deviceId, payload, 'QUERY_UNAVAILABLE');
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    if (this.#known !== undefined) worker.postMessage(this.#known);
    if (this.#overrides !== undefined) worker.postMessage(this.#overrides);
    return worker;
  }

  #refuse(
    deviceId: string,
    payload: Uint8Array,
    code: 'QUERY_INVALID' | 'QUERY_TOO_MANY' | 'QUERY_UNAVAILABLE',
  ): void {
    this.counts.refused += 1;
    const unanswered = this.#unanswered.get(deviceId) ?? 0;
    if (!this.#refusalRates.may(deviceId)) {
      this.#unanswered.set(deviceId, unanswered + 1);
      return;
    }
    this.#unanswered.delete(deviceId);
    const read = readQuery(payload);
    const about = read.ok ? read.query : read;
    const { queryId } = about;
    const query = read.ok ? read.query.query : read.query;
    const { state, error } = failure('refused', code);
    const again = {
      ...(code !== 'QUERY_INVALID' && { retryAfterMs: RETRY_MS }),
      ...(unanswered > 0 && { unanswered }),
    };
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    const answer = { queryId, query, state, error: { ...error, ...again }, feeds: [], at };
    this.#options.publish(deviceId, JSON.stringify(answer));
  }
}
