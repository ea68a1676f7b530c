/**
 * The name of a feed, the log that headquarters writes for its stores: `DOMAIN/CHAIN/hq/hq/eN-XXXXXXXX`
 * for what a whole chain shares and `DOMAIN/CHAIN/STORE/hq/eN-XXXXXXXX` for one store. N and the
 * digits name headquarters' life, as in its own log, so that a restored headquarters never extends a
 * feed that its lost life has signed: a gateway takes the feed of the later life instead.
 */
import { formatOrigin, parseOrigin } from '../log/origin.ts';
import { isTillgateError } from '../errors.ts';

/** No gateway and, for the chain's feed, no store may be called so. */
const RESERVED = 'hq';
const SUFFIX_DIGITS = 8;

/** Whose feed: without a store the whole chain's. */
export type FeedPlace = { chain: string; store?: string | undefined };

/** `chain` or `store`: what is said for one store stands before what is said for all. */
export type FeedScope = 'chain' | 'store';

export type FeedName = FeedPlace & { domain: string; scope: FeedScope; epoch: number };

export function feedOrigin(
  domain: string,
  { chain, store = RESERVED }: FeedPlace,
  life: { count: number; incarnation: string },
): string {
  const place = { domain, chain, store, gateway: RESERVED };
  const suffix = life.incarnation.slice(0, SUFFIX_DIGITS);
  return formatOrigin({ ...place, epoch: Math.max(1, life.count), suffix });
}

/** Is the feed one of that life of headquarters? */
export function isFeedOfLife(origin: string, incarnation: string): boolean {
  return parsedOrUndefined(origin)?.suffix === incarnation.slice(0, SUFFIX_DIGITS);
}

/** What the origin of a feed says; undefined for that of any other log, and for no origin at all. */
export function parseFeedOrigin(origin: string): FeedName | undefined {
  const parsed = parsedOrUndefined(origin);
  if (parsed === undefined) return undefined;
  const { domain, chain, store, gateway, epoch } = parsed;
  // Three times reserved is headquarters' own log.
  if (gateway !== RESERVED || (chain === RESERVED && store === RESERVED)) return undefined;
  if (store === RESERVED) return { domain, chain, scope: 'chain', epoch };
  return { domain, chain, store, scope: 'store', epoch };
}

export function isFeedOrigin(origin: string): boolean {
  return parseFeedOrigin(origin) !== undefined;
}

/** Is the feed for the gateways of `store` in `chain`? */
export function isFeedFor(
  feed: FeedPlace,
  { chain, store }: { chain: string; store: string },
): boolean {
  return feed.chain === chain && (feed.store === undefined || feed.store === store);
}

function parsedOrUndefined(text: string): ReturnType<typeof parseOrigin> | undefined {
  try {
    return parseOrigin(text);
  } catch (error) {
    if (isTillgateError(error, 'LOG_ORIGIN_INVALID')) return undefined;
    throw error;
  }
}
