/** The name of a place of feeds, a chain or one of its stores, as feeds.db has it: one for each. Pure. */
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';

export function placeKey({ chain, store }: FeedPlace): string {
  return store === undefined ? chain : `${chain}/${store}`;
}
