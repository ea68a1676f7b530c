/**
 * Headquarters' feeds: the only writer of them. What is published is tried on the documents first, all
 * of it (feed-trial.ts); then it is written to custody, durable and signed; then the documents follow
 * (feed-writer.ts). So nothing leaves that is not durable, and feeds.db is only a copy: it is caught up
 * from custody, and built again from it when it is lost or damaged (feed-copy.ts).
 *
 * Each life of headquarters has its own feeds (present-feeds.ts). One thing is done after the other, also
 * reading. Relies on custody being open in this process alone.
 */
import type { FeedChange } from '../../protocol/feed/change.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import { ConfigStamp } from './config-stamp.ts';
import { openFeedCopy } from './feed-copy.ts';
import { tryChanges } from './feed-trial.ts';
import { FeedWriter } from './feed-writer.ts';
import type { FeedWriterOptions } from './feed-writer.ts';
import { PresentFeeds } from './present-feeds.ts';
import type { PresentFeedsOptions } from './present-feeds.ts';
import type { PublishOptions, PublishReport } from './publish-report.ts';

export type FeedKeeperOptions = FeedWriterOptions &
  PresentFeedsOptions & {
    /** Where feeds.db lies. */
    path: string;
  };

export type KeptFeed = { row: FeedRow; place: FeedPlace };

/** Of the documents of a feed that has no entry yet there are none. */
const NO_GENERATION = 0;

export class FeedKeeper {
  readonly #database: FeedDatabase;
  readonly #stamp: ConfigStamp;
  readonly #writer: FeedWriter;
  readonly #present: PresentFeeds;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: FeedKeeperOptions, database: FeedDatabase) {
    this.#database = database;
    this.#writer = new FeedWriter(options, database);
    this.#present = new PresentFeeds(options, { database, writer: this.#writer });
    this.#stamp = new ConfigStamp(() => options.clock.wallMs());
  }

  static async open(options: FeedKeeperOptions): Promise<FeedKeeper> {
    const database = await openFeedCopy(options);
    const keeper = new FeedKeeper(options, database);
    await keeper.#present.resume();
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
    this.#writer.onPublished(listener);
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
    return this.#inTurn(() => this.#present.renew(place));
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
    const generation = this.#present.inForce(place)?.generation ?? NO_GENERATION;
    const documents = this.#database.documentsOf(generation);
    const given = this.#stamp.put(asked, documents);
    const tried = await tryChanges(this.#database, { generation, given, onProgress: progress });
    const { changes, problems, problemsOmitted } = tried;
    const changed = changes.length;
    const unchanged = given.length - changed - problems.length - problemsOmitted;
    const counts = { changed, unchanged, problems, problemsOmitted };
    if (isDryRun || problems.length > 0 || changed === 0) {
      return { isPublished: false, ...counts, feed: headOf(this.#present.inForce(place)) };
    }
    const origin = await this.#present.open(place);
    const parts = this.#writer.pack(changes);
    await this.#writer.write(origin, parts, {
      onDone: (done) => progress(given.length + Math.round((done / parts.length) * given.length)),
    });
    return { isPublished: true, ...counts, feed: headOf(this.#present.inForce(place)) };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function headOf(row: FeedRow | undefined): PublishReport['feed'] {
  return row === undefined ? null : { origin: row.origin, size: row.size };
}
