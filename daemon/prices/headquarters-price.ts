/** The price of an item that headquarters' feeds say for a store at a moment, and who published it. */
import type { FeedInForce, FeedReader } from '../../platform/feeds/feed-reader.ts';
import type { DocumentOf, Price } from '../../protocol/feed/documents.ts';
import { effectivePrice } from '../../protocol/feed/effective-price.ts';

export type HeadquartersPrice = { price: Price; origin: string; entry: number };

/** Prices of one item that are looked at; more than this in force or to come is a mistake. */
const PRICES_MAX = 256;

export function headquartersPrice(
  reader: FeedReader,
  feeds: readonly FeedInForce[],
  of: { itemId: string; currency: string; store: string; atMs: number },
): HeadquartersPrice | undefined {
  const { itemId, currency, store, atMs } = of;
  const origins = new Map(feeds.map(({ scope, origin }) => [scope, origin]));
  const rows = reader.belongingTo(feeds, {
    ...{ collection: 'price', reference: itemId, limit: PRICES_MAX },
  });
  const prices = rows.map(({ body, entry, scope }) => {
    const price = JSON.parse(body) as Price;
    // What a store's own feed says counts in that store, and nowhere else.
    const here = scope === 'store' && price.scope === undefined ? { scope: { store } } : {};
    const origin = origins.get(scope) ?? '';
    return { price: { ...price, ...here }, order: entry, origin, entry };
  });
  const zones = zonesOf(reader, feeds, store);
  const known = effectivePrice(prices, { store, zones, currency }, atMs);
  return known && { price: known.price, origin: known.origin, entry: known.entry };
}

function zonesOf(
  reader: FeedReader,
  feeds: readonly FeedInForce[],
  store: string,
): readonly string[] {
  const found = reader.document(feeds, 'store', store);
  if (found === undefined) return [];
  return (JSON.parse(found.body) as DocumentOf['store']).zones ?? [];
}
