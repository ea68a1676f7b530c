/**
 * Looks documents up in feeds.db, read-only, from any thread, while another writes: each call sees
 * what was in force at its moment. A place's store feed stands before the chain's.
 */
import Database from 'better-sqlite3';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { FeedScope } from '../../protocol/feed/feed-origin.ts';

export type FeedInForce = { origin: string; scope: FeedScope; generation: number; size: number };

export type FoundDocument = { id: string; entry: number; body: string; scope: FeedScope };

export class FeedReader {
  readonly #database: Database.Database;
  readonly #feeds: Database.Statement;
  readonly #document: Database.Statement;
  readonly #holder: Database.Statement;
  readonly #references: Database.Statement;
  readonly #page: Database.Statement;

  /** Throws what SQLite throws where there is no such file, or it is of another layout. */
  constructor(path: string) {
    this.#database = new Database(path, { readonly: true, fileMustExist: true });
    const key = 'generation = ? AND collection = ?';
    this.#feeds = this.#database.prepare(
      // `store` before `chain`.
      `SELECT origin, place AS scope, generation, force_size AS size FROM feed
       WHERE state = 'active' ORDER BY place DESC`,
    );
    this.#document = this.#database.prepare(
      `SELECT id, entry, body FROM document WHERE ${key} AND id = ?`,
    );
    this.#holder = this.#database.prepare(`SELECT id FROM code WHERE ${key} AND code = ?`).pluck();
    this.#page = this.#database.prepare(
      `SELECT id, entry, body FROM document WHERE ${key} AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#references = this.#database.prepare(
      // Left to itself SQLite reads every price of the chain by the key.
      `SELECT id, entry, body FROM document INDEXED BY document_reference
       WHERE ${key} AND reference = ? LIMIT ?`,
    );
  }

  feeds(): FeedInForce[] {
    return this.#feeds.all() as FeedInForce[];
  }

  /** Everything that `read` asks is of one moment. */
  atOnce<T>(read: () => T): T {
    return this.#database.transaction(read)();
  }

  document(
    feeds: readonly FeedInForce[],
    collection: Collection,
    id: string,
  ): FoundDocument | undefined {
    for (const { generation, scope } of feeds) {
      const row = this.#document.get(generation, collection, id) as FoundDocument | undefined;
      if (row !== undefined) return { ...row, scope };
    }
    return undefined;
  }

  /** The id of the document that has `code`. */
  holder(feeds: readonly FeedInForce[], collection: Collection, code: string): string | undefined {
    for (const { generation } of feeds) {
      const id = this.#holder.get(generation, collection, code) as string | undefined;
      if (id !== undefined) return id;
    }
    return undefined;
  }

  /** The documents that belong to `reference`, of all feeds, so many of each at most. */
  belongingTo(
    feeds: readonly FeedInForce[],
    { collection, reference, limit }: { collection: Collection; reference: string; limit: number },
  ): FoundDocument[] {
    return feeds.flatMap(({ generation, scope }) =>
      (this.#references.all(generation, collection, reference, limit) as FoundDocument[]).map(
        (row) => ({ ...row, scope }),
      ),
    );
  }

  /** Documents of one feed whose ids are above `after`, in order of their ids. */
  page(
    { generation, scope }: FeedInForce,
    { collection, after, limit }: { collection: Collection; after: string; limit: number },
  ): FoundDocument[] {
    const rows = this.#page.all(generation, collection, after, limit) as FoundDocument[];
    return rows.map((row) => ({ ...row, scope }));
  }

  /** All documents of a collection in one feed, so many at most. */
  all(generation: number, collection: Collection, limit: number): Omit<FoundDocument, 'scope'>[] {
    const sql = `SELECT id, entry, body FROM document
      WHERE generation = ? AND collection = ? ORDER BY id LIMIT ?`;
    return this.#database.prepare(sql).all(generation, collection, limit) as never;
  }

  close(): void {
    this.#database.close();
  }
}
