/**
 * stock.db as its one writer uses it: the items, the changes that counts of earlier entries need, how
 * far each log is read, deficits that the log does not have yet, and what was set aside. Whoever reads
 * logs does so within `transact`: rows and cursor move together.
 *
 * Changes are kept for the last 65,536 entries of this gateway's logs: a week of a busy store, so that a
 * count may be begun on one day and handed in on another.
 */
import type Database from 'better-sqlite3';
import { addExact } from '../../protocol/money.ts';
import type { Exact } from '../../protocol/money.ts';
import { comparePlaces } from '../../protocol/stock/stock-book.ts';
import type { ItemStock, StockPlace, StockRows } from '../../protocol/stock/stock-book.ts';
import { openStockForWriting } from './stock-file.ts';
import type { Reservation } from './stock-entry.ts';
import { PROMISED, readItem } from './stock-rows.ts';
import type { ItemRow } from './stock-rows.ts';

export const HISTORY_ENTRIES = 65_536;
/** What was set aside is a list for people; older ones are only counted. */
const SET_ASIDE_MAX = 1_000;
const SHOWN_MAX = 10;

export type StockCursor = { log: number; origin: string; next: number; last: Uint8Array };
export type Deficit = { origin: string; index: number; itemId: string; onHand: number };
export type SetAside = { origin: string; index: number; itemId: string | null; code: string };

export class StockDatabase implements StockRows {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  #items: number;

  constructor(path: string) {
    this.#database = openStockForWriting(path);
    try {
      this.#items = Number(this.#sql('SELECT count(*) FROM item').pluck().get());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get items(): number {
    return this.#items;
  }

  /** All or nothing. */
  transact<T>(work: () => T): T {
    const items = this.#items;
    try {
      return this.#database.transaction(work)();
    } catch (error) {
      this.#items = items;
      throw error;
    }
  }

  item(itemId: string): ItemStock | undefined {
    const row = this.#sql('SELECT * FROM item WHERE item_id = ?').get(itemId);
    return row === undefined ? undefined : readItem(row as ItemRow);
  }

  put(itemId: string, { total, count, isKept }: ItemStock): void {
    if (this.item(itemId) === undefined) this.#items += 1;
    const { quantity = null, asOf, entry, base = null } = count ?? {};
    const places = [asOf?.rank, asOf?.index, entry?.rank, entry?.index].map((n) => n ?? null);
    this.#sql('INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      ...[itemId, total, Number(isKept), quantity, ...places, base],
    );
  }

  record(itemId: string, { rank, index }: StockPlace, change: number): void {
    // Two branches of one log may have the same place.
    this.#sql(
      `INSERT INTO change VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET amount = amount + excluded.amount`,
    ).run(rank, index, itemId, change);
  }

  changesBehind(place: StockPlace): ReadonlyMap<string, Exact> | undefined {
    if (comparePlaces(place, this.#horizon()) < 0) return undefined;
    const rows = this.#sql('SELECT item_id, amount FROM change WHERE (rank, place) > (?, ?)');
    const sums = new Map<string, Exact>();
    for (const row of rows.iterate(place.rank, place.index)) {
      const { item_id: itemId, amount } = row as { item_id: string; amount: number };
      sums.set(itemId, addExact(sums.get(itemId) ?? 0, amount));
    }
    return sums;
  }

  /** Changes up to there are not needed any more. */
  forget({ rank, index }: StockPlace): void {
    this.#setMeta('horizonRank', rank);
    this.#setMeta('horizonIndex', index);
    this.#sql('DELETE FROM change WHERE (rank, place) <= (?, ?)').run(rank, index);
  }

  cursors(): StockCursor[] {
    return this.#sql('SELECT log, origin, next, last FROM cursor').all() as StockCursor[];
  }

  /** Entries of `log` below `next` are in the rows. */
  moveTo({ log, origin, next, last }: StockCursor): void {
    this.#sql('INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?)').run(log, origin, next, last);
  }

  /** All logs were read to their ends once: what the items say is more than a part of it. */
  get isWhole(): boolean {
    return this.#meta('isWhole') === 1;
  }

  becameWhole(): void {
    this.#setMeta('isWhole', 1);
  }

  addDeficit({ origin, index, itemId, onHand }: Deficit): void {
    const sql = 'INSERT OR REPLACE INTO deficit VALUES (?, ?, ?, ?)';
    this.#sql(sql).run(origin, index, itemId, onHand);
  }

  /** The log has it. */
  dropDeficit({ origin, index, itemId }: Omit<Deficit, 'onHand'>): void {
    const sql = 'DELETE FROM deficit WHERE origin = ? AND place = ? AND item_id = ?';
    this.#sql(sql).run(origin, index, itemId);
  }

  deficits(limit: number): Deficit[] {
    const sql = `SELECT origin, place AS "index", item_id AS itemId, on_hand AS onHand
      FROM deficit ORDER BY origin, place LIMIT ?`;
    return this.#sql(sql).all(limit) as Deficit[];
  }

  /** What has ended stays ended, whatever part of the log comes back. */
  reserve({ reservationId, itemId, amount, state, untilMs }: Reservation): void {
    this.#sql(
      `INSERT INTO reservation VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state WHERE excluded.state <> 'held'`,
    ).run(reservationId, itemId, amount, state, untilMs);
  }

  /** Held by open reservations, in thousandths. */
  promised(itemId: string): number {
    return Number(this.#sql(PROMISED).pluck().get(itemId));
  }

  /** Reservations that are held no longer than until `nowMs`. */
  due(nowMs: number, limit: number): string[] {
    const sql = `SELECT reservation_id FROM reservation
      WHERE state = 'held' AND until_ms <= ? ORDER BY until_ms LIMIT ?`;
    return this.#sql(sql).pluck().all(nowMs, limit) as string[];
  }

  /** When the next one ends; undefined while none does. */
  nextDueMs(): number | undefined {
    const sql = `SELECT min(until_ms) FROM reservation
      WHERE state = 'held' AND until_ms IS NOT NULL`;
    return (this.#sql(sql).pluck().get() as number | null) ?? undefined;
  }

  setAside({ origin, index, itemId, code }: SetAside): void {
    const insert = 'INSERT INTO set_aside (origin, place, item_id, code) VALUES (?, ?, ?, ?)';
    const id = Number(this.#sql(insert).run(origin, index, itemId, code).lastInsertRowid);
    this.#sql('DELETE FROM set_aside WHERE id <= ?').run(id - SET_ASIDE_MAX);
  }

  /** How many ever, and the newest. */
  listSetAside(): { count: number; newest: SetAside[] } {
    const newest = this.#sql(
      `SELECT origin, place AS "index", item_id AS itemId, code FROM set_aside
       ORDER BY id DESC LIMIT ${SHOWN_MAX}`,
    ).all() as SetAside[];
    return { count: Number(this.#sql('SELECT max(id) FROM set_aside').pluck().get()), newest };
  }

  close(): void {
    this.#database.close();
  }

  #horizon(): StockPlace {
    return { rank: this.#meta('horizonRank') ?? 0, index: this.#meta('horizonIndex') ?? -1 };
  }

  #meta(name: string): number | undefined {
    const value = this.#sql('SELECT value FROM meta WHERE name = ?').pluck().get(name);
    return value as number | undefined;
  }

  #setMeta(name: string, value: number): void {
    this.#sql('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(name, value);
  }

  #sql(text: string): Database.Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}
