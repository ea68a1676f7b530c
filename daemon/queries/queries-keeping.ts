/** Wires the questions of devices with the broker, and the news of the feeds with both and the log. */
import { systemSchedule } from '../../platform/schedule.ts';
import { QUERY_REQUESTS, feedNewsTopic, queryAnswerTopic } from '../../protocol/topics.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { Doors } from '../doors.ts';
import { FeedHeadWriter } from '../feeds/feed-head-writer.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import type { StockClient } from '../stock/stock-client.ts';
import type { StockListeners } from '../stock/stock-keeping.ts';
import { QueryDesk } from './query-desk.ts';

type QueryParts = SharedParts &
  LogKeeping &
  Doors & { config: () => GatewayConfig; stock: StockClient; stockListeners: StockListeners };

export function startQueries(parts: QueryParts): { queries: QueryDesk } {
  const { log, teardown, ledger, broker, feeds, feedListeners } = parts;
  const desk = openDesk(parts);
  const heads = new FeedHeadWriter({
    append: (command) => ledger.append(command),
    schedule: systemSchedule,
    onTrouble: (error) => log.warn({ err: error }, 'the head of a feed could not be written down'),
  });
  teardown.add('feed heads', () => heads.close());
  const told = (status: FeedsStatus): void => {
    heads.inForce(status);
    desk.known({
      confirmedAt: status.feeds.flatMap((feed) =>
        feed.confirmedAt === null ? [] : [[feed.origin, feed.confirmedAt] as [string, string]],
      ),
    });
  };
  feedListeners.onStatus.push(told);
  feedListeners.onReplaced.push(() => desk.reopen());
  parts.stockListeners.onReplaced.push(() => desk.reopen());
  feedListeners.onNews.push((news) => {
    for (const { collection, body } of news) {
      broker.publishOnce(feedNewsTopic(collection), JSON.stringify(body));
    }
  });
  told(feeds.status);
  return { queries: desk };
}

function openDesk(parts: QueryParts): QueryDesk {
  const { paths, clock, log, teardown, uplink, broker } = parts;
  const { store, currency } = parts.config();
  const desk = new QueryDesk({
    ...{ feedsFile: paths.feedsFile, dataDir: paths.dataDir, stockFile: paths.stockFile },
    ...{ store, currency, clock, log },
    stockReached: () => parts.stock.reached(),
    heldByHq: () => ({ origin: uplink.status.origin, size: uplink.status.head?.size ?? 0 }),
    publish: (deviceId, answer) => broker.publishOnce(queryAnswerTopic(deviceId), answer),
  });
  teardown.add('queries', () => desk.close());
  broker.listen(QUERY_REQUESTS, (topic, payload) => {
    const [, deviceId = ''] = topic.split('/');
    desk.take(deviceId, payload);
  });
  return desk;
}
