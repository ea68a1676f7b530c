/**
 * Keeps feeds.db what custody says: opened, compared, caught up, and built again where it is damaged,
 * of another custody, or of one that went back.
 */
import { leafHash, hashesEqual } from '../../protocol/log/merkle.ts';
import { readFeedEntry } from '../../protocol/feed/feed-entry.ts';
import { isFeedOfLife, parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { must } from '../../protocol/must.ts';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { frontierOf } from '../../platform/feeds/feed-frontier.ts';
import { isFeedDamage, setFeedsAside } from '../../platform/feeds/feed-file.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Custody, CustodyHead, CustodyReader } from '../custody/custody.ts';
import { heldRootAt } from '../custody/merkle-reads.ts';
import { isTakenOver } from './feed-carry.ts';
import { placeKey } from './place-key.ts';

export type FeedCopyOptions = {
  path: string;
  custody: Custody;
  clock: Clock;
  log: { warn(details: object, message: string): void };
};

/** Entries of some hundred documents behind one transaction: what else there is to do waits for it. */
const STEP = 16;
/** Before the name of a place: documents of an earlier feed that are only compared with. */
export const SCRATCH = 'before ';

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

/** The feeds of each place in custody, the one of the earliest life first. */
export async function feedsByPlace(custody: CustodyReader): Promise<Map<string, CustodyHead[]>> {
  const found: { place: string; epoch: number; head: CustodyHead }[] = [];
  for (const head of await custody.heads()) {
    const name = parseFeedOrigin(head.origin);
    if (name === undefined || head.size === 0) continue;
    found.push({ place: placeKey(name), epoch: name.epoch, head });
  }
  found.sort((a, b) => a.epoch - b.epoch);
  const places = new Map<string, CustodyHead[]>();
  for (const { place, head } of found) places.set(place, [...(places.get(place) ?? []), head]);
  return places;
}

/**
 * Of the feeds of a place the one that counts: the latest into which everything was taken over that
 * an earlier one said. `waiting` is a later one that a crash kept from that.
 */
async function inForce(
  custody: CustodyReader,
  feeds: readonly CustodyHead[],
): Promise<{ counts: CustodyHead; waiting: CustodyHead | undefined }> {
  const latest = must(feeds.at(-1), 'a place has feeds');
  const before = feeds.at(-2);
  if (before === undefined || (await isTakenOver(custody, latest))) {
    return { counts: latest, waiting: undefined };
  }
  // One of a lost life is on its way back from a gateway.
  const isOwn = isFeedOfLife(latest.origin, custody.incarnation);
  return { counts: before, waiting: isOwn ? latest : undefined };
}

/**
 * Takes what custody holds beyond the copy; `head` is custody's. A publication that an earlier life
 * began and did not end never counts.
 */
export async function catchUp(
  custody: CustodyReader,
  database: FeedDatabase,
  head: CustodyHead,
): Promise<void> {
  const row = database.feed(head.origin);
  if (row === undefined) return;
  let start = row.size;
  const frontier = frontierOf(row);
  const isOwn = isFeedOfLife(head.origin, custody.incarnation);
  const size = isOwn ? head.size : await wholeSize(custody, head, start);
  while (start < size) {
    const leaves: Uint8Array[] = [];
    const end = Math.min(size, start + STEP);
    for await (const { leaf } of custody.entries(head.origin, start, end)) {
      leaves.push(leaf);
      frontier.append(leafHash(leaf));
    }
    const note = end === head.size ? (head.checkpoint ?? '') : '';
    database.append(head.origin, { start, leaves, frontier, note });
    start = end;
  }
}

/** The feed that is in force at `place` at headquarters from now on. */
export async function follow(
  custody: CustodyReader,
  database: FeedDatabase,
  { place, head }: { place: string; head: CustodyHead },
): Promise<void> {
  const row = database.feed(head.origin);
  if (row?.state !== 'active' || !(await isPrefix(custody, head, row))) {
    database.drop(place);
    database.begin(head.origin, place);
  }
  await catchUp(custody, database, head);
  database.activate(head.origin);
}

/** Entries up to the last whole publication after `start`. */
async function wholeSize(
  custody: CustodyReader,
  { origin, size }: CustodyHead,
  start: number,
): Promise<number> {
  for (let end = size; end > start; end--) {
    const entry = must(await custody.entry(origin, end - 1), 'below its size a feed has entries');
    const read = readFeedEntry(entry.leaf);
    if (read.kind !== 'changes' || read.isLast) return end;
  }
  return start;
}

async function opened({ path, custody }: FeedCopyOptions): Promise<FeedDatabase> {
  const database = new FeedDatabase(path, { appliesAtOnce: true });
  try {
    for (const [place, feeds] of await feedsByPlace(custody)) {
      const { counts, waiting } = await inForce(custody, feeds);
      await follow(custody, database, { place, head: counts });
      if (waiting === undefined) continue;
      database.begin(waiting.origin, place);
      await catchUp(custody, database, waiting);
    }
    database.retryUnread();
    for (const { origin, place } of database.feeds()) {
      if (place.startsWith(SCRATCH)) database.drop(place);
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
