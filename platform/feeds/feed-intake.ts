/**
 * What becomes of each entry that a feed goes on with: its lines become documents, or go to quarantine
 * and are kept as they came for a release that can read them; a publication of an active feed is kept
 * aside until its last part is here. The place in the log moves together with all of that. Relies on
 * its caller for the transaction that makes it one, and on the order: an append continues its feed.
 */
import type Database from 'better-sqlite3';
import { readFeedEntry } from '../../protocol/feed/feed-entry.ts';
import { applyFeedEntry } from '../../protocol/feed/reducer.ts';
import type { Applied, Quarantined, Reduced } from '../../protocol/feed/reducer.ts';
import type { Frontier } from '../../protocol/log/merkle.ts';
import type { FeedDocuments } from './feed-documents.ts';
import type { FeedLeaves } from './feed-leaves.ts';
import { FeedQuarantine } from './feed-quarantine.ts';
import type { FeedRow } from './feed-tables.ts';
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

export class FeedIntake {
  readonly #database: Database.Database;
  readonly #documentsOf: (generation: number) => FeedDocuments;
  readonly #leaves: FeedLeaves | undefined;
  readonly #quarantine: FeedQuarantine;
  readonly #unread: FeedUnread;

  constructor(
    database: Database.Database,
    to: {
      documentsOf: (generation: number) => FeedDocuments;
      /** Where entries are kept as they came; without it each is applied at once. */
      leaves: FeedLeaves | undefined;
    },
  ) {
    this.#database = database;
    this.#documentsOf = to.documentsOf;
    this.#leaves = to.leaves;
    this.#quarantine = new FeedQuarantine(database);
    this.#unread = new FeedUnread(database);
  }

  append(feed: FeedRow, append: FeedAppend): FeedReport {
    const report: FeedReport = { applied: [], quarantined: [], isInForce: false };
    const ends = this.#takeIn(feed, append, report);
    const { origin } = feed;
    const { frontier, note } = append;
    const { size } = frontier;
    this.#leaves?.add(feed.generation, append);
    this.#database
      .prepare('UPDATE feed SET size = ?, frontier = ?, note = ? WHERE origin = ?')
      .run(size, Buffer.concat(frontier.nodes), note, origin);
    report.isInForce = ends === size;
    if (!report.isInForce) return report;
    const force = 'UPDATE feed SET force_size = ?, force_root = ? WHERE origin = ?';
    this.#database.prepare(force).run(size, Buffer.from(frontier.root()), origin);
    return report;
  }

  /** What an earlier release could not read, once for each release that reads other forms. */
  retryUnread(feeds: readonly FeedRow[]): { place: string; report: FeedReport }[] {
    const reports: { place: string; report: FeedReport }[] = [];
    if (!this.#unread.isDue()) return reports;
    for (const { place, generation } of feeds) {
      const reduced = this.#unread.retry(generation, this.#documentsOf(generation));
      const { applied, quarantined } = reduced;
      if (applied.length + quarantined.length === 0) continue;
      this.keep(generation, reduced);
      reports.push({ place, report: { applied, quarantined, isInForce: true } });
    }
    return reports;
  }

  /** Notes what went to quarantine, and what is settled by what was applied. */
  keep(generation: number, { applied, quarantined, unread }: Reduced): void {
    this.#quarantine.settle(generation, applied);
    this.#unread.settle(generation, applied);
    this.#quarantine.add(generation, quarantined);
    this.#unread.add(generation, unread);
  }

  quarantine(generation: number): { count: number; newest: Quarantined[] } {
    return this.#quarantine.list(generation);
  }

  /** Applies or keeps aside; gives the size up to which publications are whole. */
  #takeIn(feed: FeedRow, { start, leaves }: FeedAppend, report: FeedReport): number {
    let ends = feed.forceSize;
    for (const [at, leaf] of leaves.entries()) {
      const index = start + at;
      const read = readFeedEntry(leaf);
      const isEnd = read.kind !== 'changes' || read.isLast;
      if (this.#leaves === undefined || feed.state === 'coming')
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
    const reduced = applyFeedEntry(this.#documentsOf(generation), entry);
    this.keep(generation, reduced);
    for (const one of reduced.applied) report.applied.push(one);
    for (const one of reduced.quarantined) report.quarantined.push(one);
  }
}
