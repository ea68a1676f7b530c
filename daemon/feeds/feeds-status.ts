/** What feeds.db and what was heard lately say of the feeds, put together. */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import type { FeedSnapshot } from '../../protocol/feed/snapshot.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { DocumentCounts } from './document-counts.ts';
import type { FeedsStatus } from './feed-status.ts';

export function feedsStatus(
  database: FeedDatabase,
  heard: {
    counts: DocumentCounts;
    problem: string | null;
    /** How long a coming feed has to get. */
    targetOf: (origin: string) => number | undefined;
    /** When headquarters last said that a feed is its newest. */
    confirmedMsOf: (origin: string) => number | undefined;
    /** Snapshots that are being loaded. */
    loading: readonly { place: string; snapshot: FeedSnapshot; chunk: number }[];
  },
): FeedsStatus {
  const status: FeedsStatus = { feeds: [], coming: [], problem: heard.problem };
  for (const row of database.feeds()) {
    const { origin, generation, size, forceSize, forceRoot } = row;
    const scope = row.place === 'store' ? 'store' : 'chain';
    if (row.state === 'coming') {
      // Where a snapshot of it is being loaded that says how far it is.
      if (heard.loading.some(({ place }) => place === row.place)) continue;
      status.coming.push({ scope, origin, size, target: heard.targetOf(origin) ?? size });
      continue;
    }
    const confirmedMs = heard.confirmedMsOf(origin);
    const { count, newest } = database.quarantine(generation);
    status.feeds.push({
      ...{ scope, origin, size: forceSize, root: encodeBase64(forceRoot) },
      waiting: size - forceSize,
      confirmedAt: confirmedMs === undefined ? null : new Date(confirmedMs).toISOString(),
      documents: heard.counts.of(row),
      ...{ quarantined: count, newestQuarantined: newest },
    });
  }
  for (const { place, snapshot, chunk } of heard.loading) {
    const { origin, size: target, chunks } = snapshot;
    const size = Math.floor((target * chunk) / Math.max(1, chunks.length));
    status.coming.push({ scope: place === 'store' ? 'store' : 'chain', origin, size, target });
  }
  return status;
}
