/** The documents of one generation, as the reducer sees them: reads see what was written before. */
import type Database from 'better-sqlite3';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { FeedDocument } from '../../protocol/feed/documents.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { canonicalText } from '../../protocol/log/canonical-line.ts';
import { must } from '../../protocol/must.ts';
import type { FeedState } from '../../protocol/feed/reducer.ts';
import type { Put } from '../../protocol/feed/change.ts';

export class FeedDocuments implements FeedState {
  readonly #generation: number;
  readonly #read: Database.Statement;
  readonly #entry: Database.Statement;
  readonly #put: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #holder: Database.Statement;
  readonly #claim: Database.Statement;
  readonly #release: Database.Statement;

  constructor(database: Database.Database, generation: number) {
    const key = 'generation = ? AND collection = ? AND';
    this.#generation = generation;
    this.#read = database.prepare(`SELECT body FROM document WHERE ${key} id = ?`).pluck();
    this.#entry = database.prepare(`SELECT entry FROM document WHERE ${key} id = ?`).pluck();
    this.#put = database.prepare(
      `INSERT INTO document (generation, collection, id, reference, entry, body)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (generation, collection, id) DO UPDATE
       SET reference = excluded.reference, entry = excluded.entry, body = excluded.body`,
    );
    this.#remove = database.prepare(`DELETE FROM document WHERE ${key} id = ?`);
    this.#holder = database.prepare(`SELECT id FROM code WHERE ${key} code = ?`).pluck();
    this.#claim = database.prepare('INSERT INTO code VALUES (?, ?, ?, ?)');
    this.#release = database.prepare(`DELETE FROM code WHERE ${key} code = ?`);
  }

  document(collection: Collection, id: string): FeedDocument | undefined {
    const body = this.body(collection, id);
    return body === undefined ? undefined : (JSON.parse(body) as FeedDocument);
  }

  body(collection: Collection, id: string): string | undefined {
    return this.#read.get(this.#generation, collection, id) as string | undefined;
  }

  /** The entry that said the document last. */
  entry(collection: Collection, id: string): number | undefined {
    return this.#entry.get(this.#generation, collection, id) as number | undefined;
  }

  put(
    { collection, id, document }: Put,
    { index, reference }: { index: number; reference: string | null },
  ): void {
    const body = must(canonicalText(document as Json), 'a checked document has a canonical form');
    this.#put.run(this.#generation, collection, id, reference, index, body);
  }

  remove(collection: Collection, id: string): void {
    this.#remove.run(this.#generation, collection, id);
  }

  holder(collection: Collection, code: string): string | undefined {
    return this.#holder.get(this.#generation, collection, code) as string | undefined;
  }

  claim(collection: Collection, code: string, id: string): void {
    this.#claim.run(this.#generation, collection, code, id);
  }

  release(collection: Collection, code: string): void {
    this.#release.run(this.#generation, collection, code);
  }
}
