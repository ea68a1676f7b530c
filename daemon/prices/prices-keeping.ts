/** Wires a store's own prices with the log, the feeds, the questions of devices and the broker. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { feedNewsTopic } from '../../protocol/topics.ts';
import type { Doors } from '../doors.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import type { QueryDesk } from '../queries/query-desk.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { openPrices } from './open-prices.ts';
import type { PriceDesk } from './price-desk.ts';
import { PriceWatch } from './price-watch.ts';

export type PricesKeeping = { prices: PriceDesk; announcePrices: () => void };

export function startPrices(
  parts: SharedParts &
    LogKeeping &
    Doors & { config: () => GatewayConfig; queries: Pick<QueryDesk, 'overrides'> },
): PricesKeeping {
  const { log, clock, teardown, reader, broker, queries, feedListeners } = parts;
  const { book, desk } = openPrices({ ...parts, config: parts.config() });
  let come = comeBack(reader);
  const watch = new PriceWatch({
    desk: {
      counting: () => desk.counting(),
      look: () => {
        const now = comeBack(reader);
        if (now !== come) book.reload();
        come = now;
        return desk.look();
      },
    },
    ...{ clock, schedule: systemSchedule, store: parts.config().store },
    onOverrides: (overrides) => queries.overrides(overrides),
    onNews: (news) => broker.publishOnce(feedNewsTopic('price'), JSON.stringify(news)),
    onTrouble: (error) => log.warn({ err: error }, 'prices of the store could not be looked at'),
  });
  teardown.add('prices', () => watch.close());
  let heads = '';
  feedListeners.onStatus.push(({ feeds }) => {
    const now = feeds.map(({ origin, size }) => `${origin} ${size}`).join(' ');
    if (now !== heads) void watch.look();
    heads = now;
  });
  void watch.look();
  return { prices: desk, announcePrices: () => watch.announce() };
}

/** Tells when entries have come back from headquarters, or the log began another life. */
function comeBack(reader: LedgerReader): string {
  return JSON.stringify([reader.epochs().map(({ origin }) => origin), reader.returned()]);
}
