/**
 * Headquarters' feeds: the only writer of them. What is published is tried on the documents first,
 * all of it; then it is written to custody as entries of the feed's log, durable and signed like any
 * other log there; then the documents follow. So nothing leaves that is not durable, and feeds.db is
 * only a copy: it is caught up from custody, and built again from it when it is lost or damaged.
 *
 * Each life of headquarters has its own feeds (protocol/feed/feed-origin.ts), and the feed of an
 * earlier one is never extended. That of a new life begins with everything that the earlier one said
 * (feed-carry.ts), and gets more of it when the gateways give back what was lost; until the first is
 * whole, the earlier one counts. Relies on custody being open in this process alone.
 */
import { must } from '../../protocol/must.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { packPublication } from '../../protocol/feed/feed-entry.ts';
import type { PackedPart } from '../../protocol/feed/feed-entry.ts';
import { feedOrigin, isFeedOfLife, parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { Custody, CustodyHead } from '../custody/custody.ts';
import { HeadMaker } from '../ingest/head-maker.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { LogWriter, TOGETHER_MAX } from '../own-log/log-writer.ts';
import { ConfigStamp } from './config-stamp.ts';
import { isTakenOver, missingAfter, touchedIn } from './feed-carry.ts';
import { SCRATCH, catchUp, feedsByPlace, follow, openFeedCopy } from './feed-copy.ts';
import { entryOf, openingOf } from './feed-entries.ts';
import type { Restored } from './feed-entries.ts';
import type { ChangeProblem, PublishOptions, PublishReport } from './publish-report.ts';

export type FeedKeeperOptions = {
  /** Where feeds.db lies. */
  path: string;
  domain: string;
  keys: HqKeys;
  custody: Custody;
  clock: Clock;
  bootId: string;
  /** A fresh name for a publication. */
  newId: () => string;
  log: { warn(details: object, message: string): void };
  /** The highest epoch of a feed of that place that gateways have shown; 0 where none has. */
  epochShown?: (place: FeedPlace) => number;
  /** Headquarters has signed more of this feed than it holds. */
  isLacking?: (origin: string) => boolean;
};

export type KeptFeed = { row: FeedRow; place: FeedPlace };

const PROBLEMS_MAX = 100;
/** Changes between two looks at what else has to be done: a few milliseconds. */
const SLICE = 200;
/** Of the documents of a feed that has no entry yet there are none. */
const NO_GENERATION = 0;

export class FeedKeeper {
  readonly #options: FeedKeeperOptions;
  readonly #database: FeedDatabase;
  readonly #heads: HeadMaker;
  readonly #stamp: ConfigStamp;
  readonly #writers = new Map<string, LogWriter>();
  readonly #listeners: ((origin: string, size: number) => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: FeedKeeperOptions, database: FeedDatabase) {
    this.#options = options;
    this.#database = database;
    this.#heads = new HeadMaker(options.keys.durable, options.clock);
    this.#stamp = new ConfigStamp(() => options.clock.wallMs());
  }

  static async open(options: FeedKeeperOptions): Promise<FeedKeeper> {
    const database = await openFeedCopy(options);
    const keeper = new FeedKeeper(options, database);
    for (const row of database.feeds()) await keeper.#finish(row);
    // A crash kept these from saying everything.
    for (const { origin, state } of database.feeds()) {
      const place = parseFeedOrigin(origin);
      if (place !== undefined && state === 'coming') await keeper.#openFeed(place);
    }
    return keeper;
  }

  /** The feeds that gateways may have now. */
  feeds(): KeptFeed[] {
    return this.#database.feeds().flatMap((row) => {
      const place = parseFeedOrigin(row.origin);
      return place === undefined || row.state !== 'active' ? [] : [{ row, place }];
    });
  }

  /** Hears of each publication, when all of it is durable. */
  onPublished(listener: (origin: string, size: number) => void): void {
    this.#listeners.push(listener);
  }

  /** Everything or nothing; the same content again writes nothing. */
  publish(
    place: FeedPlace,
    changes: readonly FeedChange[],
    options: PublishOptions,
  ): Promise<PublishReport> {
    return this.#inTurn(() => this.#publish(place, changes, options));
  }

  /**
   * Gateways gave back what an earlier life said at `place`: it is said again in the feed of the
   * present one, which is opened for it where it is not.
   */
  renew(place: FeedPlace): Promise<void> {
    return this.#inTurn(async () => {
      const { custody, isLacking } = this.#options;
      const row = this.#rowOf(place);
      const whole = (await this.#feedsOf(place)).filter(
        ({ origin }) => !this.#isPresent(origin) && !(isLacking?.(origin) ?? false),
      );
      const lost = whole.at(-1);
      const isOpen = row !== undefined && this.#isPresent(row.origin);
      if (!isOpen && lost !== undefined) {
        await follow(custody, this.#database, { place: placeKey(place), head: lost });
      }
      const origin = await this.#openFeed(place);
      if (isOpen && lost !== undefined) await this.#takeOver({ place, origin, from: lost });
    });
  }

  /** Reads documents while nobody publishes. */
  read<T>(work: (database: FeedDatabase) => T): Promise<T> {
    return this.#inTurn(() => Promise.resolve(work(this.#database)));
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#database.close();
  }

  async #publish(
    place: FeedPlace,
    asked: readonly FeedChange[],
    { isDryRun, onProgress }: PublishOptions,
  ): Promise<PublishReport> {
    const progress = (done: number): void => onProgress?.(done, 2 * asked.length);
    const generation = this.#rowOf(place)?.generation;
    const documents = this.#database.documentsOf(generation ?? NO_GENERATION);
    const given = this.#stamp.put(asked, documents);
    const tried = await this.#try(generation, given, progress);
    const { changes, problems, problemsOmitted } = tried;
    const changed = changes.length;
    const unchanged = given.length - changed - problems.length - problemsOmitted;
    const counts = { changed, unchanged, problems, problemsOmitted };
    if (isDryRun || problems.length > 0 || changed === 0) {
      return { isPublished: false, ...counts, feed: headOf(this.#rowOf(place)) };
    }
    const origin = await this.#openFeed(place);
    const parts = this.#pack(changes);
    await this.#write(origin, parts, (done) =>
      progress(given.length + Math.round((done / parts.length) * given.length)),
    );
    return { isPublished: true, ...counts, feed: headOf(this.#rowOf(place)) };
  }

  /** Gone ones first, so that their codes are free. */
  async #try(
    generation: number | undefined,
    given: readonly FeedChange[],
    progress: (done: number) => void,
  ): Promise<Pick<PublishReport, 'problems' | 'problemsOmitted'> & { changes: FeedChange[] }> {
    const order = given.map((change, at) => ({ change, at }));
    order.sort((a, b) => Number(a.change.op === 'put') - Number(b.change.op === 'put'));
    const changes: FeedChange[] = [];
    const problems: ChangeProblem[] = [];
    let problemsOmitted = 0;
    this.#database.beginTrial();
    try {
      for (const [done, { change, at }] of order.entries()) {
        const outcome = this.#database.tryChange(generation ?? NO_GENERATION, change);
        if (outcome === undefined) changes.push(change);
        else if (outcome !== 'unchanged') {
          if (problems.length < PROBLEMS_MAX) problems.push({ ...outcome, at });
          else problemsOmitted++;
        }
        if (done % SLICE !== SLICE - 1) continue;
        progress(done);
        await aMoment();
      }
    } finally {
      this.#database.endTrial();
    }
    return { changes, problems, problemsOmitted };
  }

  #pack(changes: Iterable<FeedChange>): PackedPart[] {
    const parts = packPublication(this.#options.newId(), changes);
    if (parts !== undefined) return parts;
    throw new TillgateError('FEED_TOO_LARGE', 'That is more than one publication may hold.');
  }

  /** The feed of this life, opened if it is not, with everything in it; gives its origin. */
  async #openFeed(place: FeedPlace): Promise<string> {
    const before = this.#rowOf(place);
    const origin = await this.#originOf(place, before);
    if (before?.origin === origin) return origin;
    const { custody } = this.#options;
    if (this.#database.feed(origin) === undefined) this.#database.begin(origin, placeKey(place));
    if (((await custody.head(origin))?.size ?? 0) === 0) {
      await this.#writer(origin).append(openingOf(before));
    }
    const { forceSize, size } = await this.#caughtUp(origin);
    if (forceSize < size) await this.#end(origin);
    const head = before && (await custody.head(before.origin));
    if (head !== undefined) await this.#takeOver({ place, origin, from: head });
    this.#database.activate(origin);
    if (before !== undefined) this.#published(origin, (await this.#caughtUp(origin)).size);
    while (this.#database.sweep()) await aMoment();
    return origin;
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
  async #takeOver({
    place,
    origin,
    from,
  }: {
    place: FeedPlace;
    origin: string;
    from: CustodyHead;
  }): Promise<void> {
    const { custody, log } = this.#options;
    const database = this.#database;
    const scratch = `${SCRATCH}${placeKey(place)}`;
    const known = database.feed(from.origin) ?? database.begin(from.origin, scratch);
    await catchUp(custody, database, from);
    const row = await this.#caughtUp(origin);
    const isFirst = !(await isTakenOver(custody, row));
    const own = isFirst
      ? []
      : (await this.#feedsOf(place)).filter((head) => this.#isPresent(head.origin));
    const touched = await touchedIn(custody, own);
    const { generation: after } = row;
    const nothing = (): void => undefined;
    const missing = [...missingAfter(database, { before: known.generation, after, touched })];
    const { changes, problems } = isFirst
      ? { changes: missing, problems: [] }
      : await this.#try(after, missing, nothing);
    for (const { code, message } of problems) {
      log.warn({ code, origin }, `what an earlier feed said is not said again: ${message}`);
    }
    const parts = changes.length > 0 ? this.#pack(changes) : isFirst ? [this.#emptyPart()] : [];
    await this.#write(origin, parts, nothing, { origin: from.origin, size: from.size });
    database.drop(scratch);
  }

  async #write(
    origin: string,
    parts: readonly PackedPart[],
    onDone: (parts: number) => void,
    restored?: Restored,
  ): Promise<void> {
    const writer = this.#writer(origin);
    for (let at = 0; at < parts.length; at += TOGETHER_MAX) {
      const entries = parts.slice(at, at + TOGETHER_MAX).map((part) => entryOf(part, restored));
      await writer.appendTogether(entries);
      onDone(at + entries.length);
    }
    const { size, state } = await this.#caughtUp(origin);
    // Nobody gets to see a feed that does not say everything yet.
    if (state === 'active') this.#published(origin, size);
  }

  #published(origin: string, size: number): void {
    for (const listener of this.#listeners) listener(origin, size);
  }

  async #caughtUp(origin: string): Promise<FeedRow> {
    const head = must(await this.#options.custody.head(origin), 'what was written is in custody');
    await catchUp(this.#options.custody, this.#database, head);
    return must(this.#database.feed(origin), 'the feed was begun here');
  }

  /** A publication that a crash cut off is ended; what of it was written counts from then on. */
  async #finish(row: FeedRow): Promise<void> {
    if (row.state !== 'active' || row.size === row.forceSize) return;
    // One of an earlier life ends with what the gateways give back.
    if (this.#isPresent(row.origin)) await this.#end(row.origin);
  }

  async #end(origin: string): Promise<void> {
    await this.#write(origin, [this.#emptyPart()], () => undefined);
  }

  #emptyPart(): PackedPart {
    const members = { publication: this.#options.newId(), part: 0, parts: 1, changes: 0 };
    return { members, body: new Uint8Array(0) };
  }

  #writer(origin: string): LogWriter {
    const known = this.#writers.get(origin);
    if (known !== undefined) return known;
    const { custody, keys, clock, bootId } = this.#options;
    const signer = keys.logSigner(origin);
    const writer = new LogWriter({ custody, heads: this.#heads, signer, clock, bootId });
    this.#writers.set(origin, writer);
    return writer;
  }

  #rowOf(place: FeedPlace): FeedRow | undefined {
    const key = placeKey(place);
    return this.#database.feeds().find((row) => row.place === key && row.state === 'active');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** As feeds.db names it. */
export function placeKey({ chain, store }: FeedPlace): string {
  return store === undefined ? chain : `${chain}/${store}`;
}

function headOf(row: FeedRow | undefined): PublishReport['feed'] {
  return row === undefined ? null : { origin: row.origin, size: row.size };
}

const aMoment = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
