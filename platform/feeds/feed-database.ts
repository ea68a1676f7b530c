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
import { applyChange, applyFeedEntry } from '../../protocol/feed/reducer.ts';
import type { Applied, Quarantined, Reduced } from '../../protocol/feed/reducer.ts';
import type { FeedChange, FeedProblem } from '../../protocol/feed/change.ts';
import { readFeedEntry } from '../../protocol/feed/feed-entry.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { FeedSnapshot } from '../../protocol/feed/snapshot.ts';
import { canonicalText } from '../../protocol/log/canonical-line.ts';
import { EMPTY_ROOT } from '../../protocol/log/merkle.ts';
import type { Frontier } from '../../protocol/log/merkle.ts';
import { assert, must } from '../../protocol/must.ts';
import { settleWal } from '../durable/settle-wal.ts';
import { FeedDocuments } from './feed-documents.ts';
import { nextGeneration, prepareFile, withoutWaiting } from './feed-file.ts';
import { FeedLeaves } from './feed-leaves.ts';
import { FeedLoads } from './feed-loads.ts';
import type { FeedLoad } from './feed-loads.ts';
import { sweepFeeds } from './feed-sweep.ts';
import { FEED_COLUMNS } from './feed-tables.ts';
import type { FeedRow } from './feed-tables.ts';
import { FeedQuarantine } from './feed-quarantine.ts';
import { FeedUnread } from './feed-unread.ts';

/** Entries that continue a feed, and the head that they lead to. */
export type FeedAppend = {
  start: number;
  leaves: readonly Uint8Array[];
  frontier: Frontier;
  note: string;
};

export type FeedReport = {
  applied: Applied[];
  quarantined: Quarantined[];
  /** Something became whole. */
  isInForce: boolean;
};

/** A feed of an earlier life of headquarters, as far as it got here. */
export type PastFeed = Pick<FeedRow, 'place' | 'origin' | 'generation' | 'size' | 'note'>;
const PAST_COLUMNS = 'place, origin, generation, size, note';

export class FeedDatabase {
  /** Names this file: another one has another name. */
  readonly incarnation: string;
  readonly #database: Database.Database;
  readonly #quarantine: FeedQuarantine;
  readonly #unread: FeedUnread;
  /** Snapshots on their way in. */
  readonly loads: FeedLoads;
  /** The newest entries as they came; where each is applied at once none are kept. */
  readonly leaves: FeedLeaves;
  readonly #documents = new Map<number, FeedDocuments>();

  readonly #appliesAtOnce: boolean;

  /**
   * Throws what SQLite throws, or `FEED_DATABASE_DAMAGED`. Who writes a feed itself, and shows nobody
   * half of it, lets each entry be applied at once.
   */
  constructor(path: string, { appliesAtOnce = false } = {}) {
    this.#appliesAtOnce = appliesAtOnce;
    settleWal(path);
    this.#database = new Database(path);
    try {
      prepareFile(this.#database);
      this.#quarantine = new FeedQuarantine(this.#database);
      this.#unread = new FeedUnread(this.#database);
      this.leaves = new FeedLeaves(this.#database);
      this.loads = new FeedLoads(this.#database, {
        documentsOf: (generation) => this.documentsOf(generation),
        keep: (generation, reduced) => this.#keep(generation, reduced),
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
    const report: FeedReport = { applied: [], quarantined: [], isInForce: false };
    this.#inTransaction(() => {
      const ends = this.#takeIn(feed, append, report);
      const { frontier, note } = append;
      const { size } = frontier;
      if (!this.#appliesAtOnce) this.leaves.add(feed.generation, append);
      this.#database
        .prepare('UPDATE feed SET size = ?, frontier = ?, note = ? WHERE origin = ?')
        .run(size, Buffer.concat(frontier.nodes), note, origin);
      report.isInForce = ends === size;
      if (!report.isInForce) return;
      const force = 'UPDATE feed SET force_size = ?, force_root = ? WHERE origin = ?';
      this.#database.prepare(force).run(size, Buffer.from(frontier.root()), origin);
    });
    return report;
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
    const reports: { place: string; report: FeedReport }[] = [];
    this.#inTransaction(() => {
      if (!this.#unread.isDue()) return;
      for (const { place, generation } of this.feeds()) {
        const reduced = this.#unread.retry(generation, this.documentsOf(generation));
        const { applied, quarantined } = reduced;
        if (applied.length + quarantined.length === 0) continue;
        this.#keep(generation, reduced);
        reports.push({ place, report: { applied, quarantined, isInForce: true } });
      }
    });
    return reports;
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
    return this.#quarantine.list(generation);
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

  /** Applies or keeps aside; gives the size up to which publications are whole. */
  #takeIn(feed: FeedRow, { start, leaves }: FeedAppend, report: FeedReport): number {
    let ends = feed.forceSize;
    for (const [at, leaf] of leaves.entries()) {
      const index = start + at;
      const read = readFeedEntry(leaf);
      const isEnd = read.kind !== 'changes' || read.isLast;
      if (this.#appliesAtOnce || feed.state === 'coming')
        this.#apply(feed, { index, leaf }, report);
      else if (isEnd && ends === index) this.#apply(feed, { index, leaf }, report);
      else {
        const keep = 'INSERT INTO pending (generation, entry, leaf) VALUES (?, ?, ?)';
        this.#database.prepare(keep).run(feed.generation, index, leaf);
        if (isEnd) this.#applyPending(feed, report);
      }
      if (isEnd) ends = index + 1;
    }
    return ends;
  }

  #applyPending(feed: FeedRow, report: FeedReport): void {
    const { generation } = feed;
    const next = this.#database.prepare(
      'SELECT entry AS "index", leaf FROM pending WHERE generation = ? AND entry > ? ORDER BY entry LIMIT 1',
    );
    let after = -1;
    for (;;) {
      const row = next.get(generation, after) as { index: number; leaf: Buffer } | undefined;
      if (row === undefined) break;
      this.#apply(feed, row, report);
      after = row.index;
    }
    this.#database.prepare('DELETE FROM pending WHERE generation = ?').run(generation);
  }

  #apply(
    { generation }: FeedRow,
    entry: { index: number; leaf: Uint8Array },
    report: FeedReport,
  ): void {
    const reduced = applyFeedEntry(this.documentsOf(generation), entry);
    this.#keep(generation, reduced);
    for (const one of reduced.applied) report.applied.push(one);
    for (const one of reduced.quarantined) report.quarantined.push(one);
  }

  #keep(generation: number, { applied, quarantined, unread }: Reduced): void {
    this.#quarantine.settle(generation, applied);
    this.#unread.settle(generation, applied);
    this.#quarantine.add(generation, quarantined);
    this.#unread.add(generation, unread);
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

  #inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
