/** What crosses between the main thread and the feeds'. All of it survives a structured clone. */
import type { MessagePort } from 'node:worker_threads';
import type { FeedsStatus } from './feed-status.ts';
import type { FeedNews } from './feed-news.ts';

export type FeedsWorkerData = {
  feedsFile: string;
  logKeyFile: string;
  chain: string;
  store: string;
  /** The uplink's end is in its thread. */
  port: MessagePort;
};

export type ToFeeds = { type: 'close' };

export type FromFeeds =
  | { type: 'status'; status: FeedsStatus }
  /** Something is in force since now. */
  | { type: 'applied'; news: FeedNews[]; quarantined: number }
  | { type: 'refused'; message: string }
  | { type: 'snapshotRefused'; message: string }
  | { type: 'setAside'; message: string }
  | { type: 'closed' };
