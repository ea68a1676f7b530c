/** What the desk of rights stands on; each is a few lines over the running headquarters, or a fake. */
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import type { OwnRightEvent } from '../../protocol/rights/own-right-events.ts';
import type { AtRestAnswer } from '../projection/rights-at-rest.ts';
import type { RightCursor, RightPage } from '../projection/right-sums.ts';
import type { OwnRecord } from './own-events.ts';

export type RightsFeeds = {
  /** The feeds that there are. */
  places(): FeedPlace[];
  /** The documents about rights of one, as changes that put them. */
  changes(place: FeedPlace): AsyncIterable<FeedChange>;
  /** Durable when it resolves. */
  publish(place: FeedPlace, change: FeedChange): Promise<void>;
  /** Hears of what others published. */
  onForeign(listener: (place: FeedPlace) => void): void;
};

export type GatewayName = { chain: string; store: string; gateway: string };

export type RightsPorts = {
  feeds: RightsFeeds;
  /** What gateways' logs said after `cursor`; `isCurrent` where custody holds nothing more. */
  facts: (cursor: RightCursor, limit: number) => Promise<RightPage>;
  /** Which of these grants are at rest, as far as the facts that were given out go. */
  atRest: (chain: string, grantIds: readonly string[]) => Promise<AtRestAnswer>;
  ownEvents: () => AsyncIterable<OwnRecord>;
  /** Into headquarters' own log, durable when it resolves. */
  record: (chain: string, event: OwnRightEvent) => Promise<void>;
  /** A gateway holds all that the chain's feed says; throws `RIGHTS_NOT_MIRRORED` where none does. */
  mirrored: (chain: string) => Promise<void>;
  /** The present life of headquarters. */
  life: () => Promise<{ incarnation: string; isRestored: boolean }>;
  /** Every gateway that is enrolled. */
  gateways: () => Promise<GatewayName[]>;
};
