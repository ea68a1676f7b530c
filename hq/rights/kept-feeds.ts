/** The feeds as the desk of rights reads and writes them, over the keeper that is their only writer. */
import { TillgateError } from '../../protocol/errors.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import { placeKey } from '../feeds/place-key.ts';
import type { RightsFeeds } from './rights-ports.ts';

const COLLECTIONS = ['supply', 'coupon', 'grant'] as const;
/** Documents read in one go, so that others have a turn. */
const PAGE = 500;

export function keptFeeds(keeper: FeedKeeper): RightsFeeds {
  /** What was published and is not known to be ours, by feed and size. */
  const foreign = new Map<string, FeedPlace>();
  let listener: (place: FeedPlace) => void = () => undefined;
  let ownUnderWay = 0;
  const tell = (): void => {
    for (const [name, place] of foreign) {
      foreign.delete(name);
      listener(place);
    }
  };
  keeper.onPublished((origin, size) => {
    const place = parseFeedOrigin(origin);
    if (place !== undefined) foreign.set(`${origin} ${size}`, place);
    // While one of ours is under way, its own report says which it was.
    if (ownUnderWay === 0) tell();
  });
  return {
    places: () => keeper.feeds().map(({ place: { chain, store } }) => ({ chain, store })),
    changes: (place) => changesOf(keeper, place),
    publish: async (place, change) => {
      ownUnderWay++;
      try {
        const report = await keeper.publish(place, [change], { isDryRun: false });
        const { feed, isPublished, problems } = report;
        if (problems[0] !== undefined) {
          throw new TillgateError('INTERNAL', `A right was refused: ${problems[0].message}`);
        }
        if (isPublished && feed !== null) foreign.delete(`${feed.origin} ${feed.size}`);
      } finally {
        ownUnderWay--;
        if (ownUnderWay === 0) tell();
      }
    },
    onForeign: (heard) => {
      listener = heard;
    },
  };
}

async function* changesOf(keeper: FeedKeeper, place: FeedPlace): AsyncIterable<FeedChange> {
  for (const collection of COLLECTIONS) {
    let after = '';
    for (;;) {
      const page = { after, limit: PAGE };
      // Looked up each time: a new life's feed may have taken its place meanwhile.
      const rows = await keeper.read((database) => {
        const feed = keeper.feeds().find((one) => placeKey(one.place) === placeKey(place));
        return feed === undefined ? [] : database.list(feed.row.generation, collection, page);
      });
      for (const { id, body } of rows) {
        const document = JSON.parse(body) as Json;
        const checked = checkChange({ op: 'put', collection, document });
        if (checked.ok) yield checked.change;
        after = id;
      }
      if (rows.length < PAGE) break;
    }
  }
}
