/** From a row of feeds.db to what a log is extended from. */
import { Frontier, HASH_BYTES } from '../../protocol/log/merkle.ts';
import type { FeedRow } from './feed-tables.ts';

/** The frontier that a row holds; one that does not fit its size is damage. */
export function frontierOf({ size, frontier }: FeedRow): Frontier {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < frontier.length; at += HASH_BYTES) {
    hashes.push(new Uint8Array(frontier.subarray(at, at + HASH_BYTES)));
  }
  return new Frontier(size, hashes);
}
