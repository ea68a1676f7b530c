/**
 * What the main thread holds of the feeds: their status, the news for devices, and the alarms. The
 * thread begins with the first enrolment, so a gateway without headquarters has none. One that ends
 * by itself ends the process, which systemd starts again: nothing acknowledged is lost by that.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { TillgateError } from '../../protocol/errors.ts';
import { FRUGAL_THREAD } from '../../platform/thread-memory.ts';
import { workerUrl } from '../../platform/worker-url.ts';
import type { FeedNews } from './feed-news.ts';
import { NO_FEEDS } from './feed-status.ts';
import type { FeedsStatus } from './feed-status.ts';
import type { FeedsWorkerData, FromFeeds, ToFeeds } from './feeds-messages.ts';

export type FeedsClientOptions = Omit<FeedsWorkerData, 'port'> & {
  onStatus: (status: FeedsStatus) => void;
  onNews: (news: readonly FeedNews[]) => void;
  onQuarantined: (documents: number) => void;
  onRefused: (message: string) => void;
  onSnapshotRefused: (message: string) => void;
  onSetAside: (message: string) => void;
  onFatal: (error: TillgateError) => void;
};

const CLOSE_MS_MAX = 3_000;

export class FeedsClient {
  /** For the uplink's thread. */
  readonly uplinkPort: MessagePort;
  readonly #options: FeedsClientOptions;
  readonly #ownPort: MessagePort;
  #worker: Worker | undefined;
  #status: FeedsStatus = NO_FEEDS;
  #isClosing = false;
  #onClosed: (() => void) | undefined;

  constructor(options: FeedsClientOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#options = options;
    this.#ownPort = port1;
    this.uplinkPort = port2;
  }

  get status(): FeedsStatus {
    return this.#status;
  }

  /** Starts the thread where it does not run yet; what came from the uplink before is not lost. */
  start(): void {
    if (this.#worker !== undefined || this.#isClosing) return;
    const { feedsFile, logKeyFile, chain, store } = this.#options;
    const port = this.#ownPort;
    const workerData: FeedsWorkerData = { feedsFile, logKeyFile, chain, store, port };
    const worker = new Worker(workerUrl(import.meta.url, './feeds-worker'), {
      workerData,
      transferList: [port],
      resourceLimits: FRUGAL_THREAD,
    });
    this.#worker = worker;
    worker.on('message', (message: FromFeeds) => this.#receive(message));
    worker.on('error', (error) => this.#failed(error));
    worker.on('exit', () => this.#failed(undefined));
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const worker = this.#worker;
    if (worker === undefined) {
      this.#ownPort.close();
      return;
    }
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      setTimeout(resolve, CLOSE_MS_MAX).unref();
    });
    const message: ToFeeds = { type: 'close' };
    worker.postMessage(message);
    await closed;
    await worker.terminate();
  }

  #receive(message: FromFeeds): void {
    const options = this.#options;
    switch (message.type) {
      case 'status':
        this.#status = message.status;
        options.onStatus(message.status);
        return;
      case 'applied':
        options.onNews(message.news);
        if (message.quarantined > 0) options.onQuarantined(message.quarantined);
        return;
      case 'refused':
        options.onRefused(message.message);
        return;
      case 'snapshotRefused':
        options.onSnapshotRefused(message.message);
        return;
      case 'setAside':
        options.onSetAside(message.message);
        return;
      case 'closed':
        this.#onClosed?.();
    }
  }

  #failed(cause: unknown): void {
    this.#onClosed?.();
    if (this.#isClosing) return;
    this.#isClosing = true;
    const message = 'The part that keeps the feeds ended unexpectedly.';
    this.#options.onFatal(new TillgateError('FEED_WORKER_LOST', message, { cause }));
  }
}
