/** What headquarters has published of prices, looked up in the copy of its feeds, opened for each look. */
import { existsSync } from 'node:fs';
import { isFeedDamage } from '../../platform/feeds/feed-file.ts';
import { FeedReader } from '../../platform/feeds/feed-reader.ts';
import type { FeedInForce } from '../../platform/feeds/feed-reader.ts';
import { headquartersPrice } from './headquarters-price.ts';
import type { PublishedPrices } from './price-desk.ts';

export function publishedPrices(feedsFile: string, store: string): PublishedPrices {
  const looking = <T>(look: (reader: FeedReader, feeds: FeedInForce[]) => T): T | undefined =>
    readFeeds(feedsFile, (reader) => reader.atOnce(() => look(reader, reader.feeds())));
  return {
    hasItem: (itemId) =>
      looking((reader, feeds) => reader.document(feeds, 'item', itemId) !== undefined) === true,
    at: (atMs, of) => {
      const found = looking((reader, feeds) =>
        of.map((one) => headquartersPrice(reader, feeds, { ...one, store, atMs })),
      );
      return of.map((_, place) => {
        const one = found?.[place];
        if (one === undefined) return null;
        return { origin: one.origin, entry: one.entry, amount: one.price.amount };
      });
    },
  };
}

/** Undefined while there is no copy that can be read. */
function readFeeds<T>(path: string, read: (feeds: FeedReader) => T): T | undefined {
  if (!existsSync(path)) return undefined;
  let reader: FeedReader | undefined;
  try {
    reader = new FeedReader(path);
    return read(reader);
  } catch (error) {
    // Its own thread finds the damage too, and fetches the feeds again.
    if (isFeedDamage(error)) return undefined;
    throw error;
  } finally {
    reader?.close();
  }
}
