/**
 * Whether a feed is taken in here, whichever way it comes: by entries or by a snapshot. It has to be
 * one for this store under a pinned key, and of no earlier life of headquarters than the one in force
 * at its place. One that is new is begun in feeds.db; what is refused changes nothing there.
 */
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { RefusalReason } from '../../protocol/replication/messages.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import { trustedFeed } from './trusted-feed.ts';

export type AdmittedFeed =
  | { ok: true; logVkey: string; row: FeedRow }
  | { ok: false; reason: RefusalReason; message: string };

/** Throws only what the database throws. */
export function admitFeed(
  database: FeedDatabase,
  origin: string,
  here: { chain: string; store: string; hqKeys: readonly string[] },
): AdmittedFeed {
  const trusted = trustedFeed(origin, here);
  if (!trusted.ok) return trusted;
  const { logVkey } = trusted;
  const known = database.feed(origin);
  if (known !== undefined) return { ok: true, logVkey, row: known };
  const place = parseFeedOrigin(origin)?.scope ?? 'chain';
  const epoch = parseFeedOrigin(origin)?.epoch ?? 0;
  const active = database.feeds().find((row) => row.place === place && row.state === 'active');
  // A feed of a life before the one in force is history.
  if (active !== undefined && (parseFeedOrigin(active.origin)?.epoch ?? 0) >= epoch) {
    const message = `${origin} does not follow ${active.origin}, which is in force.`;
    return { ok: false, reason: 'fork', message };
  }
  return { ok: true, logVkey, row: database.begin(origin, place) };
}
