/**
 * Snapshots on their way into feeds.db, one of each place: documents nobody reads yet, and how many
 * chunks of which snapshot are in. When it is whole it takes the place of what was in force, in one
 * transaction. While it is loaded nothing waits for the disk: a power cut costs some chunks, and what
 * is in force when it is whole is durable like everything.
 */
import type Database from 'better-sqlite3';
import type { ReadLine } from '../../protocol/feed/feed-entry.ts';
import { applyLines } from '../../protocol/feed/reducer.ts';
import type { Reduced } from '../../protocol/feed/reducer.ts';
import type { FeedSnapshot } from '../../protocol/feed/snapshot.ts';
import { must } from '../../protocol/must.ts';
import { nextGeneration, withoutWaiting } from './feed-file.ts';
import type { FeedDocuments } from './feed-documents.ts';

export type FeedLoad = {
  place: string;
  origin: string;
  generation: number;
  /** Names the snapshot. */
  name: string;
  /** The signed snapshot. */
  note: string;
  nextChunk: number;
};

const COLUMNS = 'place, origin, generation, name, note, next_chunk AS nextChunk';

export class FeedLoads {
  readonly #database: Database.Database;
  readonly #documentsOf: (generation: number) => FeedDocuments;
  readonly #keep: (generation: number, reduced: Reduced) => void;

  constructor(
    database: Database.Database,
    to: {
      documentsOf: (generation: number) => FeedDocuments;
      /** Notes what went to quarantine. */
      keep: (generation: number, reduced: Reduced) => void;
    },
  ) {
    this.#database = database;
    this.#documentsOf = to.documentsOf;
    this.#keep = to.keep;
  }

  list(): FeedLoad[] {
    return this.#database.prepare(`SELECT ${COLUMNS} FROM loading`).all() as FeedLoad[];
  }

  /** The load of that very snapshot, gone on with, or begun in place of another. */
  begin(of: { place: string; origin: string; name: string; note: string }): FeedLoad {
    const { place, origin, name, note } = of;
    const known = this.list().find((load) => load.name === name && load.place === place);
    if (known !== undefined) return known;
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM loading WHERE place = ?').run(place);
      const generation = nextGeneration(this.#database);
      this.#database
        .prepare('INSERT INTO loading VALUES (?, ?, ?, ?, ?, 0)')
        .run(place, origin, generation, name, note);
    })();
    return must(
      this.list().find((load) => load.place === place),
      'the load was just begun',
    );
  }

  /** Some lines of the next chunk; `endsChunk` once the last of them are in. */
  apply(
    { place, generation }: FeedLoad,
    lines: readonly (ReadLine & { index: number })[],
    endsChunk: boolean,
  ): void {
    const write = this.#database.transaction(() => {
      this.#keep(generation, applyLines(this.#documentsOf(generation), lines));
      if (!endsChunk) return;
      const set = 'UPDATE loading SET next_chunk = next_chunk + 1 WHERE place = ?';
      this.#database.prepare(set).run(place);
    });
    withoutWaiting(this.#database, write);
  }

  /** All of it is in: it is in force from now on, and goes on from `snapshot.size`. */
  activate({ place, origin, generation }: FeedLoad, snapshot: FeedSnapshot): void {
    const { size, frontier, checkpoint } = snapshot;
    const nodes = Buffer.concat(frontier.nodes);
    const root = Buffer.from(frontier.root());
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM feed WHERE place = ?').run(place);
      this.#database.prepare('DELETE FROM loading WHERE place = ?').run(place);
      this.#database
        .prepare("INSERT INTO feed VALUES (?, ?, ?, 'active', ?, ?, ?, ?, ?)")
        .run(origin, place, generation, size, nodes, checkpoint, size, root);
    })();
  }

  drop(place: string): void {
    this.#database.prepare('DELETE FROM loading WHERE place = ?').run(place);
  }
}
