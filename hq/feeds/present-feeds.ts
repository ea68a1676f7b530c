/**
 * The feeds of the present life of headquarters (protocol/feed/feed-origin.ts). The feed of an earlier
 * life is never extended: that of a new one begins with everything that the earlier one said
 * (feed-carry.ts), and gets more of it when the gateways give back what was lost; until the first is
 * whole, the earlier one counts. What a crash cuts off is done again.
 *
 * Says which feed of a place counts, and opens the one that may be written. Relies on being called one
 * thing after the other.
 */
import { setImmediate as aMoment } from 'node:timers/promises';
import { feedOrigin, isFeedOfLife, parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { Custody, CustodyHead } from '../custody/custody.ts';
import { isTakenOver, missingAfter, touchedIn } from './feed-carry.ts';
import { SCRATCH, catchUp, feedsByPlace, follow } from './feed-copy.ts';
import { tryChanges } from './feed-trial.ts';
import type { FeedWriter } from './feed-writer.ts';
import { placeKey } from './place-key.ts';

export type PresentFeedsOptions = {
  domain: string;
  custody: Custody;
  log: { warn(details: object, message: string): void };
  /** The highest epoch of a feed of that place that gateways have shown; 0 where none has. */
  epochShown?: (place: FeedPlace) => number;
  /** Headquarters has signed more of this feed than it holds. */
  isLacking?: (origin: string) => boolean;
};

type Takeover = { place: FeedPlace; origin: string; from: CustodyHead };

export class PresentFeeds {
  readonly #options: PresentFeedsOptions;
  readonly #database: FeedDatabase;
  readonly #writer: FeedWriter;

  constructor(
    options: PresentFeedsOptions,
    { database, writer }: { database: FeedDatabase; writer: FeedWriter },
  ) {
    this.#options = options;
    this.#database = database;
    this.#writer = writer;
  }

  /** The feed of the place that counts now; none where nothing was ever published. */
  inForce(place: FeedPlace): FeedRow | undefined {
    const key = placeKey(place);
    return this.#database.feeds().find((row) => row.place === key && row.state === 'active');
  }

  /** Ends publications that a crash cut off, and opens the feeds that it kept from saying everything. */
  async resume(): Promise<void> {
    for (const row of this.#database.feeds()) await this.#finish(row);
    for (const { origin, state } of this.#database.feeds()) {
      const place = parseFeedOrigin(origin);
      if (place !== undefined && state === 'coming') await this.open(place);
    }
  }

  /** The feed of this life, opened if it is not, with everything in it; gives its origin. */
  async open(place: FeedPlace): Promise<string> {
    const before = this.inForce(place);
    const origin = await this.#originOf(place, before);
    if (before?.origin === origin) return origin;
    if (this.#database.feed(origin) === undefined) this.#database.begin(origin, placeKey(place));
    await this.#writer.begin(origin, before);
    const { forceSize, size } = await this.#writer.caughtUp(origin);
    if (forceSize < size) await this.#writer.end(origin);
    const head = before && (await this.#options.custody.head(before.origin));
    if (head !== undefined) await this.#takeOver({ place, origin, from: head });
    this.#database.activate(origin);
    if (before !== undefined) {
      this.#writer.tell(origin, (await this.#writer.caughtUp(origin)).size);
    }
    while (this.#database.sweep()) await aMoment();
    return origin;
  }

  /** What gateways gave back of an earlier life's feed is said in that of the present one. */
  async renew(place: FeedPlace): Promise<void> {
    const { custody, isLacking } = this.#options;
    const row = this.inForce(place);
    const whole = (await this.#feedsOf(place)).filter(
      ({ origin }) => !this.#isPresent(origin) && !(isLacking?.(origin) ?? false),
    );
    const lost = whole.at(-1);
    const isOpen = row !== undefined && this.#isPresent(row.origin);
    if (!isOpen && lost !== undefined) {
      await follow(custody, this.#database, { place: placeKey(place), head: lost });
    }
    const origin = await this.open(place);
    if (isOpen && lost !== undefined) await this.#takeOver({ place, origin, from: lost });
  }

  async #finish(row: FeedRow): Promise<void> {
    if (row.state !== 'active' || row.size === row.forceSize) return;
    // One of an earlier life ends with what the gateways give back.
    if (this.#isPresent(row.origin)) await this.#writer.end(row.origin);
  }

  /** As this life calls the feed: above every one of another life that is known of. */
  async #originOf(place: FeedPlace, before: FeedRow | undefined): Promise<string> {
    const { custody, domain, epochShown } = this.#options;
    const feeds = await this.#feedsOf(place);
    const names = [...feeds, ...(before === undefined ? [] : [before])];
    const foreign = names.filter(({ origin }) => !this.#isPresent(origin));
    const own = names.filter(({ origin }) => this.#isPresent(origin));
    const epochOf = ({ origin }: { origin: string }): number => parseFeedOrigin(origin)?.epoch ?? 0;
    const above = Math.max(0, ...foreign.map(epochOf), epochShown?.(place) ?? 0) + 1;
    const count = Math.max(above, (await custody.lives()).length, ...own.map(epochOf));
    return feedOrigin(domain, place, { count, incarnation: custody.incarnation });
  }

  /** Those in custody, the one of the earliest life first. */
  async #feedsOf(place: FeedPlace): Promise<CustodyHead[]> {
    return (await feedsByPlace(this.#options.custody)).get(placeKey(place)) ?? [];
  }

  #isPresent(origin: string): boolean {
    return isFeedOfLife(origin, this.#options.custody.incarnation);
  }

  /** What `from` said and the feeds of this life do not say by themselves is said in `origin`. */
  async #takeOver({ place, origin, from }: Takeover): Promise<void> {
    const { custody, log } = this.#options;
    const database = this.#database;
    const writer = this.#writer;
    const scratch = `${SCRATCH}${placeKey(place)}`;
    const known = database.feed(from.origin) ?? database.begin(from.origin, scratch);
    await catchUp(custody, database, from);
    const row = await writer.caughtUp(origin);
    const isFirst = !(await isTakenOver(custody, row));
    const own = isFirst
      ? []
      : (await this.#feedsOf(place)).filter((head) => this.#isPresent(head.origin));
    const touched = await touchedIn(custody, own);
    const { generation: after } = row;
    const missing = [...missingAfter(database, { before: known.generation, after, touched })];
    const { changes, problems } = isFirst
      ? { changes: missing, problems: [] }
      : await tryChanges(database, { generation: after, given: missing });
    for (const { code, message } of problems) {
      log.warn({ code, origin }, `what an earlier feed said is not said again: ${message}`);
    }
    const parts = changes.length > 0 ? writer.pack(changes) : isFirst ? [writer.emptyPart()] : [];
    await writer.write(origin, parts, { restored: { origin: from.origin, size: from.size } });
    database.drop(scratch);
  }
}
