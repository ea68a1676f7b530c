/**
 * feeds.db: the documents of feeds, and how far each feed was taken in. One connection writes; what
 * it did is durable when a call returns (WAL, synchronous=FULL), and the place in the log moves in the
 * same transaction as the documents, so no crash can part them.
 *
 * A publication counts as a whole: of an active feed its parts are kept aside until the last is here,
 * and then become documents in one transaction. A coming feed, which nobody reads, takes each entry at
 * once; when it is whole it becomes the active one of its place, and the documents of the one before
 * are swept away in slices. Everything in here can be fetched or built again.
 */
import Database from 'better-sqlite3';
import { applyChange } from '../../protocol/feed/reducer.ts';
import type { Quarantined } from '../../protocol/feed/reducer.ts';
import type { FeedChange, FeedProblem } from '../../protocol/feed/change.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { FeedSnapshot } from '../../protocol/feed/snapshot.ts';
import { canonicalText } from '../../protocol/log/canonical-line.ts';
import { EMPTY_ROOT } from '../../protocol/log/merkle.ts';
import { assert, must } from '../../protocol/must.ts';
import { settleWal } from '../durable/settle-wal.ts';
import { FeedDocuments } from './feed-documents.ts';
import { nextGeneration, prepareFile, withoutWaiting } from './feed-file.ts';
import { FeedIntake } from './feed-intake.ts';
import type { FeedAppend, FeedReport } from './feed-intake.ts';
import { FeedLeaves } from './feed-leaves.ts';
import { FeedLoads } from './feed-loads.ts';
import type { FeedLoad } from './feed-loads.ts';
import { sweepFeeds } from './feed-sweep.ts';
import { FEED_COLUMNS } from './feed-tables.ts';
import type { FeedRow } from './feed-tables.ts';

/** A feed of an earlier life of headquarters, as far as it got here. */
export type PastFeed = Pick<FeedRow, 'place' | 'origin' | 'generation' | 'size' | 'note'>;
const PAST_COLUMNS = 'place, origin, generation, size, note';

export class FeedDatabase {
  /** Names this file: another one has another name. */
  readonly incarnation: string;
  readonly #database: Database.Database;
  readonly #intake: FeedIntake;
  /** Snapshots on their way in. */
  readonly loads: FeedLoads;
  /** The newest entries as they came; where each is applied at once none are kept. */
  readonly leaves: FeedLeaves;
  readonly #documents = new Map<number, FeedDocuments>();

  /**
   * Throws what SQLite throws, or `FEED_DATABASE_DAMAGED`. Who writes a feed itself, and shows nobody
   * half of it, lets each entry be applied at once.
   */
  constructor(path: string, { appliesAtOnce = false } = {}) {
    settleWal(path);
    this.#database = new Database(path);
    try {
      prepareFile(this.#database);
      this.leaves = new FeedLeaves(this.#database);
      const documentsOf = (generation: number): FeedDocuments => this.documentsOf(generation);
      this.#intake = new FeedIntake(this.#database, {
        documentsOf,
        leaves: appliesAtOnce ? undefined : this.leaves,
      });
      this.loads = new FeedLoads(this.#database, {
        documentsOf,
        keep: (generation, reduced) => this.#intake.keep(generation, reduced),
      });
      const named = this.#database.prepare("SELECT value FROM meta WHERE name = 'incarnation'");
      this.incarnation = String(named.pluck().get());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  feeds(): FeedRow[] {
    const sql = `SELECT ${FEED_COLUMNS} FROM feed ORDER BY generation`;
    return this.#database.prepare(sql).all() as FeedRow[];
  }

  feed(origin: string): FeedRow | undefined {
    const sql = `SELECT ${FEED_COLUMNS} FROM feed WHERE origin = ?`;
    return this.#database.prepare(sql).get(origin) as FeedRow | undefined;
  }

  /** A feed without entries, in place of any other that was coming for `place`. */
  begin(origin: string, place: string): FeedRow {
    this.#inTransaction(() => {
      this.#database.prepare("DELETE FROM feed WHERE place = ? AND state = 'coming'").run(place);
      const generation = nextGeneration(this.#database);
      this.#database
        .prepare("INSERT INTO feed VALUES (?, ?, ?, 'coming', 0, x'', '', 0, ?)")
        .run(origin, place, generation, Buffer.from(EMPTY_ROOT));
    });
    return must(this.feed(origin), 'the feed was just begun');
  }

  /** Takes in what continues the feed; durable on return, all or nothing. */
  append(origin: string, append: FeedAppend): FeedReport {
    const feed = must(this.feed(origin), 'an append is to a feed that was begun');
    assert(append.start === feed.size, 'an append continues the feed');
    return this.#inTransaction(() => this.#intake.append(feed, append));
  }

  /** A coming feed takes the place of the one before it. */
  activate(origin: string): void {
    this.#inTransaction(() => {
      const { place } = must(this.feed(origin), 'a feed that was begun is activated');
      this.#remember(place, origin);
      this.#database.prepare('DELETE FROM feed WHERE place = ? AND origin <> ?').run(place, origin);
      this.#database.prepare("UPDATE feed SET state = 'active' WHERE origin = ?").run(origin);
    });
  }

  /** The feeds that were in force before those that are; their newest entries are still kept. */
  past(): PastFeed[] {
    return this.#database.prepare(`SELECT ${PAST_COLUMNS} FROM past`).all() as PastFeed[];
  }

  /** A snapshot that is whole takes the place of what was in force. */
  activateLoad(load: FeedLoad, snapshot: FeedSnapshot): void {
    this.#inTransaction(() => {
      this.#remember(load.place, load.origin);
      this.loads.activate(load, snapshot);
    });
  }

  /**
   * After an update: what an earlier release could not read is looked at again. Gives what became of
   * it, for each active feed with something of the kind.
   */
  retryUnread(): { place: string; report: FeedReport }[] {
    return this.#inTransaction(() => this.#intake.retryUnread(this.feeds()));
  }

  /** Forgets the feeds of `place`; their documents are swept away later. */
  drop(place: string): void {
    this.#database.prepare('DELETE FROM feed WHERE place = ?').run(place);
  }

  /** Deletes some of what no feed needs any more; false when there is nothing left. */
  sweep(): boolean {
    return withoutWaiting(this.#database, () => sweepFeeds(this.#database));
  }

  /**
   * What would be wrong if `changes` were applied, one at a time; nothing stays of it. `unchanged`
   * changes say what is there already.
   */
  tryChange(generation: number, change: FeedChange): FeedProblem | 'unchanged' | undefined {
    assert(this.#database.inTransaction, 'changes are tried between beginTrial and endTrial');
    const documents = this.documentsOf(generation);
    const before = documents.body(change.collection, change.id);
    const after = change.op === 'put' ? canonicalText(change.document as Json) : undefined;
    if (before === after) return 'unchanged';
    return applyChange(documents, change, 0);
  }

  beginTrial(): void {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  endTrial(): void {
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
  }

  documentsOf(generation: number): FeedDocuments {
    const known = this.#documents.get(generation);
    if (known !== undefined) return known;
    const documents = new FeedDocuments(this.#database, generation);
    this.#documents.set(generation, documents);
    return documents;
  }

  /** How many documents of each collection. */
  counts(generation: number): Record<string, number> {
    const sql =
      'SELECT collection, count(*) AS n FROM document WHERE generation = ? GROUP BY collection';
    const rows = this.#database.prepare(sql).all(generation) as { collection: string; n: number }[];
    return Object.fromEntries(rows.map(({ collection, n }) => [collection, n]));
  }

  quarantine(generation: number): { count: number; newest: Quarantined[] } {
    return this.#intake.quarantine(generation);
  }

  /** Documents in the order of their ids, after `after`. */
  list(
    generation: number,
    collection: string,
    { after, limit }: { after: string; limit: number },
  ): { id: string; entry: number; body: string }[] {
    const sql = `SELECT id, entry, body FROM document
      WHERE generation = ? AND collection = ? AND id > ? ORDER BY id LIMIT ?`;
    return this.#database.prepare(sql).all(generation, collection, after, limit) as never;
  }

  close(): void {
    this.endTrial();
    this.#database.close();
  }

  /** What was in force at `place` until now; another snapshot of the same feed is no other life. */
  #remember(place: string, next: string): void {
    const before = this.feeds().find((row) => row.place === place && row.state === 'active');
    if (before === undefined || before.origin === next) return;
    const { origin, generation, size, note } = before;
    this.#database
      .prepare('INSERT OR REPLACE INTO past VALUES (?, ?, ?, ?, ?)')
      .run(place, origin, generation, size, note);
  }

  #inTransaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
