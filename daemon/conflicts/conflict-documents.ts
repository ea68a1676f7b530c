/**
 * What headquarters published of conflicts that concern this store, read from the copy of its feeds.
 * Opened for each look, because looks are rare and the file may be set aside in between.
 */
import { existsSync } from 'node:fs';
import type { ConflictDocument } from '../../protocol/feed/conflict-document.ts';
import { isFeedDamage } from '../../platform/feeds/feed-file.ts';
import { FeedReader } from '../../platform/feeds/feed-reader.ts';

/** Conflicts are rare; of a store that has more, the first by their ids are seen. */
export const CONFLICT_DOCUMENTS_MAX = 2_000;

export function readConflictDocuments(feedsFile: string): ConflictDocument[] {
  if (!existsSync(feedsFile)) return [];
  let reader: FeedReader | undefined;
  try {
    const feeds = (reader = new FeedReader(feedsFile));
    return feeds.atOnce(() =>
      feeds
        .feeds()
        .flatMap((feed) =>
          feeds.page(feed, {
            ...{ collection: 'conflict', after: '', limit: CONFLICT_DOCUMENTS_MAX },
          }),
        )
        // It was checked when it was taken in.
        .map(({ body }) => JSON.parse(body) as ConflictDocument),
    );
  } catch (error) {
    // Not made whole yet, or damaged, which its writer finds and heals.
    if (reader === undefined || isFeedDamage(error)) return [];
    throw error;
  } finally {
    reader?.close();
  }
}
