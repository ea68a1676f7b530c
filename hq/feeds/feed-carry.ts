/**
 * Takes what an earlier life of headquarters said over into the feed of the present one. The earlier
 * feed is never extended; its documents are published again, unless the new feed has said something
 * about them by itself, which then stays. The same once more changes nothing, so whatever cuts it off is
 * followed by doing it again: also when the gateways have given back more of the earlier feed.
 *
 * Entries that take over say so in a member `restored`, the head of the earlier feed; a feed with no
 * whole publication of that kind has not been taken over into, and nobody gets to see it yet.
 */
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { COLLECTION_NAMES } from '../../protocol/feed/collections.ts';
import { readFeedEntry } from '../../protocol/feed/feed-entry.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { CustodyHead, CustodyReader } from '../custody/custody.ts';

/** The feed before, by generation in the database, and the new one. */
export type Takeover = { before: number; after: number; touched: ReadonlySet<string> };

const PAGE = 500;

/** Whether all that was said before is in the feed; one with nothing before it has it all. */
export async function isTakenOver(
  custody: CustodyReader,
  { origin, size }: Pick<CustodyHead, 'origin' | 'size'>,
): Promise<boolean> {
  for await (const { leaf, index } of custody.entries(origin, 0, size)) {
    const header = headerOf(leaf);
    if (index === 0 && header['reason'] !== 'hqRestored') return true;
    if (isRestored(header) && Number(header['part']) === Number(header['parts']) - 1) return true;
  }
  return false;
}

/** The documents that feeds have spoken about by themselves, as `nameOf` calls them. */
export async function touchedIn(
  custody: CustodyReader,
  heads: readonly CustodyHead[],
): Promise<Set<string>> {
  const touched = new Set<string>();
  for (const { origin, size } of heads) {
    for await (const { leaf } of custody.entries(origin, 0, size)) {
      if (!isRestored(headerOf(leaf))) for (const name of namesIn(leaf)) touched.add(name);
    }
  }
  return touched;
}

function namesIn(leaf: Uint8Array): string[] {
  const read = readFeedEntry(leaf);
  if (read.kind !== 'changes') return [];
  return read.lines.flatMap(({ value }) => {
    const checked = value === undefined ? undefined : checkChange(value);
    return checked?.ok === true ? [nameOf(checked.change)] : [];
  });
}

/** What has to be published for the new feed to say what the one before said; gone ones first. */
export function* missingAfter(
  database: FeedDatabase,
  { before, after, touched }: Takeover,
): Generator<FeedChange> {
  const old = database.documentsOf(before);
  const now = database.documentsOf(after);
  for (const collection of COLLECTION_NAMES) {
    for (const { id } of rowsOf(database, after, collection)) {
      const change = { op: 'delete', collection, id } as const;
      if (!touched.has(nameOf(change)) && old.body(collection, id) === undefined) yield change;
    }
  }
  for (const collection of COLLECTION_NAMES) {
    for (const { id, body } of rowsOf(database, before, collection)) {
      if (now.body(collection, id) === body) continue;
      const checked = checkChange({ op: 'put', collection, document: JSON.parse(body) as Json });
      if (checked.ok && !touched.has(nameOf(checked.change))) yield checked.change;
    }
  }
}

function* rowsOf(
  database: FeedDatabase,
  generation: number,
  collection: string,
): Generator<{ id: string; body: string }> {
  for (let after = ''; ;) {
    const rows = database.list(generation, collection, { after, limit: PAGE });
    yield* rows;
    after = rows.at(-1)?.id ?? after;
    if (rows.length < PAGE) return;
  }
}

function nameOf({ collection, id }: { collection: string; id: string }): string {
  return `${collection} ${id}`;
}

function headerOf(leaf: Uint8Array): Record<string, unknown> {
  return decodeEntry(leaf).header;
}

function isRestored(header: Record<string, unknown>): boolean {
  return header['kind'] === 'feed' && header['restored'] !== undefined;
}
