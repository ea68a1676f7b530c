/** The entries that headquarters writes to a feed. */
import { FEED_MEDIA_TYPE } from '../../protocol/feed/feed-entry.ts';
import type { PackedPart } from '../../protocol/feed/feed-entry.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { OwnEntry } from '../own-log/log-writer.ts';

/** The head of an earlier life's feed, which an entry takes over from. */
export type Restored = { origin: string; size: number };

export function entryOf({ members, body }: PackedPart, restored?: Restored): OwnEntry {
  const from = restored === undefined ? {} : { restored: { ...restored } };
  return { kind: 'feed', members: { ...members, ...from, mediaType: FEED_MEDIA_TYPE }, body };
}

/** Entry 0 names the feed of the life before. */
export function openingOf(before: FeedRow | undefined): OwnEntry {
  if (before === undefined) return { kind: 'epoch', members: { reason: 'feedBegan' } };
  const { origin: prevOrigin, forceSize: prevSize, forceRoot } = before;
  const prevRoot = encodeBase64(forceRoot);
  return { kind: 'epoch', members: { reason: 'hqRestored', prevOrigin, prevSize, prevRoot } };
}
