/** Wires the feeds with what a gateway does about them: alarms and the log; others may listen too. */
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { Alarms } from '../../platform/alarms.ts';
import type { Log } from '../../platform/logging.ts';
import type { Teardown } from '../../platform/teardown.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { firstOrigin } from '../control/gateway-identity.ts';
import type { FeedNews } from './feed-news.ts';
import type { FeedsStatus } from './feed-status.ts';
import { FeedsClient } from './feeds-client.ts';

export type FeedListeners = {
  onStatus: ((status: FeedsStatus) => void)[];
  onNews: ((news: readonly FeedNews[]) => void)[];
  onReplaced: (() => void)[];
};

export function openFeeds(parts: {
  paths: GatewayPaths;
  config: GatewayConfig;
  log: Log;
  teardown: Teardown;
  alarms: Alarms;
  failed: (error: unknown) => void;
}): { feeds: FeedsClient; listeners: FeedListeners } {
  const { paths, config, log, teardown, alarms, failed } = parts;
  const listeners: FeedListeners = { onStatus: [], onNews: [], onReplaced: [] };
  const { chain, store } = parseOrigin(firstOrigin(config));
  const { feedsFile, logKeyFile } = paths;
  const feeds = new FeedsClient({
    ...{ feedsFile, logKeyFile, chain, store },
    onStatus: (status) => {
      const waiting = status.feeds.reduce((sum, { quarantined }) => sum + quarantined, 0);
      if (waiting === 0) alarms.clear('FEED_QUARANTINED');
      if (status.problem === null) alarms.clear('FEED_REFUSED');
      for (const listener of listeners.onStatus) listener(status);
    },
    onNews: (news) => {
      for (const listener of listeners.onNews) listener(news);
    },
    onQuarantined: () => {
      const message = 'Documents of a feed could not be read; `tillgate status --json` names them.';
      if (alarms.raise('FEED_QUARANTINED', message)) log.warn(message);
    },
    onRefused: (message) => {
      if (alarms.raise('FEED_REFUSED', message)) log.warn(message);
    },
    onSnapshotRefused: (message) => {
      if (alarms.raise('FEED_SNAPSHOT_REFUSED', message)) log.warn(message);
    },
    onSetAside: (message) => {
      log.error(message);
      alarms.raise('FEED_DATABASE_DAMAGED', message);
      for (const listener of listeners.onReplaced) listener();
    },
    onFatal: failed,
  });
  teardown.add('feeds', () => feeds.close());
  return { feeds, listeners };
}
