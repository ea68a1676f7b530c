/**
 * What the main thread holds of the uplink: it tells of commits, hears of heads, and never waits.
 * A worker that ends by itself is reported once; the daemon then has to end, because a log that
 * nobody signs any more is not what was promised.
 */
import { Worker } from 'node:worker_threads';
import { TillgateError } from '../../protocol/errors.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { FRUGAL_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { LedgerTip } from '../ledger/ledger-client.ts';
import type { FetchRequest, FetchResult } from './fetch-result.ts';
import type { FromUplink, ToUplink, UplinkWorkerData } from './uplink-messages.ts';
import type { UplinkEvent, UplinkStatus } from './uplink-status.ts';

export type UplinkClientOptions = UplinkWorkerData & {
  tip: LedgerTip;
  onEvent: (event: UplinkEvent) => void;
  onStatus?: (status: UplinkStatus) => void;
  /** The worker failed; nothing is signed or sent any more. */
  onFatal: (error: TillgateError) => void;
};

/** Commits are told at most this often: signing each of a thousand a second helps nobody. */
const COMMIT_INTERVAL_MS = 50;

/** The uplink has this long to write its last head when the daemon stops. */
const CLOSE_MS_MAX = 3_000;

export class UplinkClient {
  readonly #options: UplinkClientOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (note: string) => void; reject: (error: TillgateError) => void }
  >();
  /** One request at a time; the next waits for this. */
  #fetching: Promise<unknown> = Promise.resolve();
  #onFetched: { id: number; done: (result: FetchResult | undefined) => void } | undefined;
  #nextId = 1;
  #status: UplinkStatus;
  #epoch: number;
  #untoldSize: number | undefined;
  #closing = false;
  #onClosed: (() => void) | undefined;

  /** Starts the thread; the ledger must exist and its start check be done. */
  constructor(options: UplinkClientOptions) {
    this.#options = options;
    const { tip } = options;
    this.#epoch = tip.epoch;
    this.#status = {
      ...{ state: options.enrolment === undefined ? 'off' : 'connecting', origin: tip.origin },
      ...{ head: null, entriesOnlyHere: tip.size, entriesPerSecond: 0 },
      ...{ remainingSeconds: null, refused: {}, problem: null },
    };
    const { dataDir, logKeyFile, signedHeadFile, hqHeadFile, enrolment, limits, feedsPort } =
      options;
    const workerData: UplinkWorkerData = {
      ...{ dataDir, logKeyFile, signedHeadFile, hqHeadFile, enrolment, limits, feedsPort },
    };
    this.#worker = new Worker(workerUrl(import.meta.url, './uplink-worker'), {
      workerData,
      transferList: feedsPort === undefined ? [] : [feedsPort],
      resourceLimits: FRUGAL_THREAD,
    });
    this.#worker.on('message', (message: FromUplink) => {
      this.#receive(message);
    });
    this.#worker.on('error', (error) => {
      this.#failed(error);
    });
    this.#worker.on('exit', () => {
      this.#failed(undefined);
    });
  }

  /** The newest status the worker sent; `entriesOnlyHere` lags by a moment. */
  get status(): UplinkStatus {
    return this.#status;
  }

  /** The ledger committed; also tells of a new epoch, which must hold its entry 0. */
  committed(tip: LedgerTip): void {
    if (tip.epoch !== this.#epoch) {
      this.#epoch = tip.epoch;
      this.#untoldSize = undefined;
      this.#tell({ type: 'epoch', epoch: tip.epoch });
      return;
    }
    const timerRuns = this.#untoldSize !== undefined;
    this.#untoldSize = tip.size;
    if (!timerRuns) setTimeout(this.#tellCommitted, COMMIT_INTERVAL_MS);
  }

  /** HQ sent back what the log of `origin` lacked here; it is offered to HQ as it is now. */
  returned(origin: string): void {
    this.#tell({ type: 'returned', origin });
  }

  /** Joins HQ under these terms, or leaves it. */
  enrol(enrolment: Enrolment | undefined): void {
    this.#tell({ type: 'enrol', enrolment });
  }

  /**
   * The signed checkpoint of everything committed; durable in `signed-head` when it resolves. Rejects
   * with `LEDGER_DISK_FULL` while it does not fit.
   */
  signTip(): Promise<string> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ type: 'sign', id });
    });
  }

  /**
   * Entries of a log of this gateway as HQ holds them, verified by HQ's pinned key; waits for as long
   * as HQ is away. Undefined once `signal` aborts.
   */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchResult | undefined> {
    const result = this.#fetching.then(() => this.#fetch(request, signal));
    this.#fetching = result;
    return result;
  }

  /** Writes the last head and ends the thread. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#fetched(undefined);
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      setTimeout(resolve, CLOSE_MS_MAX).unref();
    });
    this.#tell({ type: 'close' });
    await closed;
    await this.#worker.terminate();
  }

  #fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchResult | undefined> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#onFetched = undefined;
        this.#tell({ type: 'fetch', id, request: undefined });
        resolve(undefined);
      };
      if (signal.aborted || this.#closing) {
        resolve(undefined);
        return;
      }
      const done = (result: FetchResult | undefined): void => {
        signal.removeEventListener('abort', stop);
        resolve(result);
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#onFetched = { id, done };
      this.#tell({ type: 'fetch', id, request });
    });
  }

  /** `undefined` ends it without a result. */
  #fetched(result: FetchResult | undefined, id = this.#onFetched?.id): void {
    const waiting = this.#onFetched;
    if (waiting === undefined || waiting.id !== id) return;
    this.#onFetched = undefined;
    waiting.done(result);
  }

  readonly #tellCommitted = (): void => {
    if (this.#untoldSize === undefined || this.#closing) return;
    this.#tell({ type: 'committed', size: this.#untoldSize });
    this.#untoldSize = undefined;
  };

  #tell(message: ToUplink): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromUplink): void {
    switch (message.type) {
      case 'status':
        this.#status = message.status;
        this.#options.onStatus?.(message.status);
        return;
      case 'event':
        this.#options.onEvent(message.event);
        return;
      case 'signed':
        this.#answer(message.id, message.note);
        return;
      case 'fetched':
        this.#fetched(message.result, message.id);
        return;
      case 'closed':
        this.#onClosed?.();
    }
  }

  #answer(id: number, note: string | undefined): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (note !== undefined) {
      waiting?.resolve(note);
      return;
    }
    const message = 'The disk is full: the head of the log could not be signed.';
    waiting?.reject(new TillgateError('LEDGER_DISK_FULL', message, { retryable: true }));
  }

  #failed(cause: unknown): void {
    this.#onClosed?.();
    if (this.#closing) return;
    this.#closing = true;
    this.#fetched(undefined);
    const error = new TillgateError('UPLINK_WORKER_LOST', 'The uplink ended unexpectedly.', {
      cause,
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#options.onFatal(error);
  }
}
