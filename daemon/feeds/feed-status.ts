/** What is known of the feeds at a gateway: for status, for people, and for answers to devices. */
import type { Quarantined } from '../../protocol/feed/reducer.ts';
import type { FeedScope } from '../../protocol/feed/feed-origin.ts';

export type FeedHeadStatus = {
  scope: FeedScope;
  origin: string;
  /** Entries whose publications are whole: what answers are true for. */
  size: number;
  /** Base64. */
  root: string;
  /** Entries that are on their way in: taken, and not in force yet. */
  waiting: number;
  /** When headquarters last said that this is its newest; null before the first time. */
  confirmedAt: string | null;
  /** By collection. */
  documents: Record<string, number>;
  quarantined: number;
  /** The newest of them. */
  newestQuarantined: Quarantined[];
};

export type FeedsStatus = {
  feeds: FeedHeadStatus[];
  /** A feed that is being fetched and does not count yet. */
  coming: { scope: FeedScope; origin: string; size: number; target: number }[];
  /** What was last refused, as a sentence; null when all is well. */
  problem: string | null;
};

export const NO_FEEDS: FeedsStatus = { feeds: [], coming: [], problem: null };
