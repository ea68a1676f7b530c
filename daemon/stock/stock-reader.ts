/** Looks stock up in stock.db, read-only, from any thread, while its one writer goes on. */
import type Database from 'better-sqlite3';
import type { ItemStock } from '../../protocol/stock/stock-book.ts';
import { openStockForReading } from './stock-file.ts';
import { PROMISED, readItem } from './stock-rows.ts';
import type { ItemRow } from './stock-rows.ts';

export class StockReader {
  readonly #database: Database.Database;
  readonly #item: Database.Statement;
  readonly #promised: Database.Statement;
  readonly #cursor: Database.Statement;
  readonly #isWhole: Database.Statement;

  private constructor(database: Database.Database) {
    this.#database = database;
    this.#item = database.prepare('SELECT * FROM item WHERE item_id = ?');
    this.#promised = database.prepare(PROMISED).pluck();
    this.#cursor = database.prepare('SELECT next FROM cursor WHERE origin = ?').pluck();
    const whole = "SELECT 1 FROM meta WHERE name = 'isWhole' AND value = 1";
    this.#isWhole = database.prepare(whole).pluck();
  }

  /** Undefined while there is none. Throws what SQLite throws. */
  static open(path: string): StockReader | undefined {
    const database = openStockForReading(path);
    return database && new StockReader(database);
  }

  /** Everything that `read` asks is of one moment. */
  atOnce<T>(read: () => T): T {
    return this.#database.transaction(read)();
  }

  /** False while it is added up for the first time. */
  get isWhole(): boolean {
    return this.#isWhole.get() === 1;
  }

  /** Entries of the log that are in here. */
  size(origin: string): number {
    return Number(this.#cursor.get(origin) ?? 0);
  }

  item(itemId: string): ItemStock | undefined {
    const row = this.#item.get(itemId);
    return row === undefined ? undefined : readItem(row as ItemRow);
  }

  /** Held by open reservations, in thousandths. */
  promised(itemId: string): number {
    return Number(this.#promised.get(itemId));
  }

  close(): void {
    this.#database.close();
  }
}
