/**
 * Keeps feeds.db what custody says: opened, compared, caught up, and built again where it is damaged,
 * of another custody, or of one that went back.
 */
import { leafHash, hashesEqual } from '../../protocol/log/merkle.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { COLLECTION_NAMES } from '../../protocol/feed/documents.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { frontierOf } from '../../platform/feeds/feed-frontier.ts';
import { isFeedDamage, setFeedsAside } from '../../platform/feeds/feed-file.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Custody, CustodyHead, CustodyReader } from '../custody/custody.ts';
import { heldRootAt } from '../custody/merkle-reads.ts';

export type FeedCopyOptions = {
  path: string;
  custody: Custody;
  clock: Clock;
  log: { warn(details: object, message: string): void };
};

/** Entries of some hundred documents behind one transaction: what else there is to do waits for it. */
const STEP = 16;
const PAGE = 500;

/** Opened, and with everything in it that custody holds. */
export async function openFeedCopy(options: FeedCopyOptions): Promise<FeedDatabase> {
  try {
    return await opened(options);
  } catch (error) {
    if (!isFeedDamage(error)) throw error;
    const aside = setFeedsAside(options.path, options.clock.wallMs());
    const code = 'FEED_DATABASE_DAMAGED';
    options.log.warn({ err: error, code, aside }, 'the copy of the feeds is built again');
    return opened(options);
  }
}

/** The newest feed of each place. */
export async function latestFeeds(custody: CustodyReader): Promise<Map<string, CustodyHead>> {
  const latest = new Map<string, CustodyHead & { epoch: number }>();
  for (const head of await custody.heads()) {
    const name = parseFeedOrigin(head.origin);
    if (name === undefined || head.size === 0) continue;
    const { chain, store, epoch } = name;
    const place = store === undefined ? chain : `${chain}/${store}`;
    if ((latest.get(place)?.epoch ?? 0) < epoch) latest.set(place, { ...head, epoch });
  }
  return latest;
}

/** Takes what custody holds beyond the copy; `head` is custody's. */
export async function catchUp(
  custody: CustodyReader,
  database: FeedDatabase,
  head: CustodyHead,
): Promise<void> {
  const row = database.feed(head.origin);
  if (row === undefined) return;
  let start = row.size;
  const frontier = frontierOf(row);
  while (start < head.size) {
    const leaves: Uint8Array[] = [];
    const end = Math.min(head.size, start + STEP);
    for await (const { leaf } of custody.entries(head.origin, start, end)) {
      leaves.push(leaf);
      frontier.append(leafHash(leaf));
    }
    const note = end === head.size ? (head.checkpoint ?? '') : '';
    database.append(head.origin, { start, leaves, frontier, note });
    start = end;
  }
}

/** Every document of a generation as a change that puts it. */
export function* changesOf(database: FeedDatabase, generation: number): Generator<FeedChange> {
  for (const collection of COLLECTION_NAMES) {
    let after = '';
    for (;;) {
      const rows = database.list(generation, collection, { after, limit: PAGE });
      for (const { id, body } of rows) {
        const document = JSON.parse(body) as Json;
        const checked = checkChange({ op: 'put', collection, document });
        if (checked.ok) yield checked.change;
        after = id;
      }
      if (rows.length < PAGE) break;
    }
  }
}

async function opened({ path, custody }: FeedCopyOptions): Promise<FeedDatabase> {
  const database = new FeedDatabase(path, { appliesAtOnce: true });
  try {
    for (const [place, head] of await latestFeeds(custody)) {
      const row = database.feed(head.origin);
      if (row?.state !== 'active' || !(await isPrefix(custody, head, row))) {
        database.drop(place);
        database.begin(head.origin, place);
      }
      await catchUp(custody, database, head);
      database.activate(head.origin);
    }
    for (const { origin, place } of database.feeds()) {
      if ((await custody.head(origin)) === undefined) database.drop(place);
    }
    while (database.sweep());
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Does the copy end where custody's log once was? */
async function isPrefix(custody: CustodyReader, head: CustodyHead, row: FeedRow): Promise<boolean> {
  if (row.size > head.size) return false;
  return hashesEqual(frontierOf(row).root(), await heldRootAt(custody, head, row.size));
}
