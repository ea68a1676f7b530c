/**
 * What devices hear of a change in force, on `feeds/{collection}`: each document that changed, or,
 * where that would be many, one word for all of the collection. Pure.
 *
 * A member's document stays here: displays may read these topics. Who needs it asks. What is between
 * headquarters and the gateway (rights, configuration, devices) is not told at all.
 */
import type { FeedScope } from '../../protocol/feed/feed-origin.ts';
import { COLLECTION_NAMES } from '../../protocol/feed/collections.ts';
import { COLLECTIONS } from '../../protocol/feed/documents.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { FeedDocument } from '../../protocol/feed/documents.ts';
import type { Applied } from '../../protocol/feed/reducer.ts';

export type FeedNews = { collection: string; body: NewsBody };

export type NewsBody = {
  /** `changed` names one document; after `reload` everything of the collection may be different. */
  type: 'changed' | 'reload';
  collection: string;
  op?: 'put' | 'delete';
  id?: string;
  document?: FeedDocument;
  feed: { scope: FeedScope; origin: string; size: number };
  at: string;
};

/** A price round of a few shelves; a till takes these in a moment, and an import would drown it. */
const CHANGES_MAX = 200;

export function newsOf(
  applied: readonly Applied[],
  about: Pick<NewsBody, 'feed' | 'at'>,
  read: (collection: Collection, id: string) => FeedDocument | undefined,
): FeedNews[] {
  const told = applied.filter(({ collection }) => isShown(collection));
  if (told.length > CHANGES_MAX) {
    return reloadOf([...new Set(told.map(({ collection }) => collection))], about);
  }
  return told.map(({ op, collection, id }) => {
    const isWhole = op === 'put' && COLLECTIONS[collection].shown === 'all';
    const document = isWhole ? read(collection, id) : undefined;
    const what = { ...(document !== undefined && { document }), ...about };
    return { collection, body: { type: 'changed', collection, op, id, ...what } };
  });
}

/** Those that devices hear of. */
export const SHOWN_COLLECTIONS = COLLECTION_NAMES.filter(isShown);

function isShown(collection: Collection): boolean {
  return COLLECTIONS[collection].shown !== 'none';
}

export function reloadOf(
  collections: readonly string[],
  about: Pick<NewsBody, 'feed' | 'at'>,
): FeedNews[] {
  return collections.map((collection) => ({
    collection,
    body: { type: 'reload', collection, ...about },
  }));
}
