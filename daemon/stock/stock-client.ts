/**
 * What the main thread holds of stock: the thread that adds it up, its status, and who waits for it to
 * come as far as the log is now. The thread begins when something first needs it and there is nothing
 * to pay before; from then on it begins with the gateway. One that ends by itself is begun again: all
 * it keeps can be added up from the log, and no sale depends on it.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Schedule } from '../../platform/schedule.ts';
import { FRUGAL_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { LedgerTip } from '../ledger/ledger-client.ts';
import type { Deficit } from './stock-database.ts';
import type { FromStock, ItemNews, StockWorkerData, ToStock } from './stock-messages.ts';
import { NO_STOCK } from './stock-status.ts';
import type { StockStatus } from './stock-status.ts';

export type StockClientOptions = StockWorkerData & {
  schedule: Schedule;
  /** The log as it is now. */
  tip: () => Pick<LedgerTip, 'origin' | 'size'>;
  onDeficits: (deficits: readonly Deficit[]) => void;
  onExpired: (reservationIds: readonly string[]) => void;
  onNews: (items: readonly ItemNews[] | 'reload') => void;
  /** stock.db is another file now; a message where that is because of damage. */
  onReplaced: (message: string | undefined) => void;
  log: { warn(details: object, message: string): void };
};

/** Commits come by the thousand in a flood; one word for all of this time does. */
const LOOK_INTERVAL_MS = 100;
const AGAIN_MS = 5_000;
const CLOSE_MS_MAX = 3_000;
/** A question waits so long for stock to come up to the log; a thousand may. */
const REACH_MS_MAX = 1_500;

type Waiting = { origin: string; size: number; resolve: () => void };

export class StockClient {
  readonly #options: StockClientOptions;
  readonly #waiting = new Set<Waiting>();
  #worker: Worker | undefined;
  #status: StockStatus = NO_STOCK;
  #isLookDue = false;
  #isClosed = false;
  #onClosed: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;

  constructor(options: StockClientOptions) {
    this.#options = options;
    if (existsSync(options.stockFile)) this.start();
  }

  get status(): StockStatus {
    return this.#status;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  start(): void {
    if (this.#worker !== undefined || this.#isClosed) return;
    const { dataDir, stockFile, log } = this.#options;
    const workerData: StockWorkerData = { dataDir, stockFile };
    const worker = new Worker(workerUrl(import.meta.url, './stock-worker'), {
      ...{ name: 'stock', workerData, resourceLimits: FRUGAL_THREAD },
    });
    worker.unref();
    this.#worker = worker;
    worker.on('message', (message: FromStock) => this.#receive(message));
    const ended = (error: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#onClosed?.();
      if (this.#isClosed) return;
      log.warn({ err: error }, 'the thread that adds stock up ended; it is begun again');
      this.#cancelAgain = this.#options.schedule(() => this.start(), AGAIN_MS);
    };
    worker.on('error', ended);
    worker.on('exit', ended);
  }

  /** The log has grown. */
  committed(): void {
    if (this.#isLookDue || this.#worker === undefined) return;
    this.#isLookDue = true;
    this.#options.schedule(() => {
      this.#isLookDue = false;
      this.#tell({ type: 'look' });
    }, LOOK_INTERVAL_MS);
  }

  /** Resolves when stock is as far as the log is now, or after a moment all the same. */
  reached(): Promise<void> {
    this.start();
    const { origin, size } = this.#options.tip();
    this.#tell({ type: 'look' });
    return new Promise((resolve) => {
      const waiting: Waiting = { origin, size, resolve };
      const cancel = this.#options.schedule(() => this.#settle(waiting), REACH_MS_MAX);
      waiting.resolve = () => {
        cancel();
        resolve();
      };
      this.#waiting.add(waiting);
    });
  }

  /** The log had these before they were written. */
  known(deficits: Omit<Deficit, 'onHand'>[]): void {
    this.#tell({ type: 'known', deficits });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelAgain?.();
    for (const waiting of [...this.#waiting]) this.#settle(waiting);
    const worker = this.#worker;
    if (worker === undefined) return;
    const closed = Promise.withResolvers<undefined>();
    this.#onClosed = () => closed.resolve(undefined);
    const cancel = this.#options.schedule(this.#onClosed, CLOSE_MS_MAX);
    this.#tell({ type: 'close' });
    await closed.promise;
    cancel();
    await worker.terminate();
  }

  #tell(message: ToStock): void {
    this.#worker?.postMessage(message);
  }

  #settle(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    waiting.resolve();
  }

  #receive(message: FromStock): void {
    const options = this.#options;
    switch (message.type) {
      case 'status':
        this.#status = message.status;
        for (const waiting of [...this.#waiting]) {
          const { origin, size, behind } = message.status;
          const isFar = origin === waiting.origin && size >= waiting.size;
          if (isFar && behind === 0) this.#settle(waiting);
        }
        return;
      case 'deficits':
        options.onDeficits(message.deficits);
        return;
      case 'expired':
        options.onExpired(message.reservationIds);
        return;
      case 'news':
        options.onNews(message.items);
        return;
      case 'replaced':
        options.onReplaced(message.message);
        return;
      case 'trouble':
        options.log.warn({ reason: message.message }, 'stock cannot be written down for now');
        return;
      case 'closed':
        this.#onClosed?.();
    }
  }
}
