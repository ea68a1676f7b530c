/**
 * Reads the logs of this gateway and adds stock up from them, a slice at a time. It guarantees:
 *
 * - each transaction counts once, also where copied or rolled-back logs say it again: of several
 *   entries the one counts that claims the transaction's id, at the place where it was accepted first;
 * - the rows and how far they go are one commit, so a crash costs reading a slice again;
 * - every deficit is kept until the log has it.
 *
 * Relies on one follower for a file. A file that was made from another ledger is of no use: see `isOf`.
 */
import { hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import { applyStock } from '../../protocol/stock/stock-book.ts';
import type { StockPlace } from '../../protocol/stock/stock-book.ts';
import { stockEffect, voidedTransaction } from '../../protocol/stock/stock-effect.ts';
import type { LedgerEntry, LedgerReader } from '../ledger/reader.ts';
import { loggedTransaction } from '../peripherals/logged-transaction.ts';
import { HISTORY_ENTRIES } from './stock-database.ts';
import type { StockCursor, StockDatabase } from './stock-database.ts';
import { readStockEntry } from './stock-entry.ts';
import type { StockEntry } from './stock-entry.ts';
import { stockLogs } from './stock-logs.ts';
import type { StockLog } from './stock-logs.ts';

export type StockSlice = {
  /** Entries that were read. */
  entries: number;
  /** Entries that are left, over all logs. */
  behind: number;
  /** Items whose stock is another now. */
  changed: ReadonlySet<string>;
};

/** One commit, and some milliseconds of this thread: whoever waits for it waits no longer. */
const SLICE_ENTRIES = 256;
const NO_HASH = new Uint8Array(0);

type BookedTransaction = Extract<StockEntry, { kind: 'transaction' }>;

export class StockFollower {
  readonly #reader: LedgerReader;
  readonly #database: StockDatabase;
  readonly #logs = new Map<number, LedgerReader>();

  constructor(reader: LedgerReader, database: StockDatabase) {
    this.#reader = reader;
    this.#database = database;
  }

  /** Whether the rows were made from this very ledger, and from no more than it holds. */
  isOf(): boolean {
    const logs = stockLogs(this.#reader);
    return this.#database.cursors().every(({ log, origin, next, last }) => {
      const known = logs.find((one) => one.log === log && one.origin === origin);
      if (known === undefined || known.size < next) return false;
      if (last.length === 0) return true;
      const leaf = this.#logOf(log).entry(next - 1);
      return leaf !== undefined && hashesEqual(leafHash(leaf), last);
    });
  }

  /** How far the newest log is read. */
  position(): { origin: string; size: number } {
    const newest = this.#reader.epochs().at(-1);
    const cursor = this.#database.cursors().find(({ log }) => log === newest?.epoch);
    return { origin: newest?.origin ?? '', size: cursor?.next ?? 0 };
  }

  /** Reads the next slice, of the earliest log that is not read to its end; durable on return. */
  step(): StockSlice {
    const logs = stockLogs(this.#reader);
    const cursors = new Map(this.#database.cursors().map((cursor) => [cursor.log, cursor]));
    const nextOf = ({ log, start }: StockLog): number => cursors.get(log)?.next ?? start;
    const left = logs.reduce((sum, log) => sum + Math.max(0, log.size - nextOf(log)), 0);
    const log = logs.find((one) => one.size > nextOf(one));
    const changed = new Set<string>();
    if (log === undefined) return { entries: 0, behind: 0, changed };
    const start = nextOf(log);
    const entries = this.#database.transact(() => {
      const read = this.#takeIn(log, { start, logs, changed });
      cursors.set(log.log, read);
      this.#database.moveTo(read);
      this.#forget(logs, cursors);
      if (left === read.next - start && !this.#database.isWhole) this.#database.becameWhole();
      return read.next - start;
    });
    return { entries, behind: left - entries, changed };
  }

  #takeIn(
    log: StockLog,
    { start, logs, changed }: { start: number; logs: readonly StockLog[]; changed: Set<string> },
  ): StockCursor {
    let next = start;
    let last: Uint8Array = NO_HASH;
    const end = Math.min(log.size, start + SLICE_ENTRIES);
    for (const entry of this.#logOf(log.log).entries(start, end)) {
      this.#take(log, entry, { logs, changed });
      next = entry.index + 1;
      if (next === end) last = leafHash(entry.leaf);
    }
    return { log: log.log, origin: log.origin, next, last };
  }

  #take(
    log: StockLog,
    { index, leaf }: LedgerEntry,
    into: { logs: readonly StockLog[]; changed: Set<string> },
  ): void {
    const read = readStockEntry(leaf, () => this.#logOf(log.log).blob(index)?.bytes);
    const { origin } = log;
    switch (read.kind) {
      case 'nothing':
        return;
      case 'deficit':
        this.#database.dropDeficit(read);
        return;
      case 'unreadable':
        this.#setAside({ origin, index }, 'STOCK_ENTRY_UNREADABLE');
        return;
      case 'reservation':
        this.#database.reserve(read);
        into.changed.add(read.itemId);
        return;
      case 'transaction':
        if (this.#counts(read, log, index)) this.#book(read, { log, index, ...into });
    }
  }

  /** An entry that was written here claims its id; a copy may stand beside the one that does. */
  #counts(
    { transactionId, carriedFrom }: BookedTransaction,
    log: StockLog,
    index: number,
  ): boolean {
    if (carriedFrom === undefined && index < log.returnedFrom) return true;
    const claimed = this.#reader.findTransaction(transactionId);
    return claimed?.epoch === log.log && claimed.index === index;
  }

  #book(
    { content, carriedFrom }: BookedTransaction,
    at: { log: StockLog; index: number; logs: readonly StockLog[]; changed: Set<string> },
  ): void {
    const first = carriedFrom ?? { origin: at.log.origin, index: at.index };
    const voided = voidedTransaction(content);
    const original =
      voided === undefined ? undefined : loggedTransaction(this.#reader, voided)?.transaction;
    // It is JSON that was judged: what the form leaves open is no member of it.
    const effect = stockEffect(content, original as Parameters<typeof stockEffect>[1]);
    if (effect.kind === 'nothing') {
      if (effect.code !== undefined) this.#setAside(first, effect.code);
      return;
    }
    const { changed, deficits, setAside } = applyStock(this.#database, effect, placeOf(first, at));
    for (const itemId of changed) at.changed.add(itemId);
    for (const deficit of deficits) this.#database.addDeficit({ ...first, ...deficit });
    for (const { itemId, code } of setAside) this.#setAside(first, code, itemId);
  }

  #setAside(
    at: { origin: string; index: number },
    code: string,
    itemId: string | null = null,
  ): void {
    this.#database.setAside({ ...at, itemId, code });
  }

  /** Keeps the changes of the last entries that this gateway wrote, over its epochs. */
  #forget(logs: readonly StockLog[], cursors: ReadonlyMap<number, StockCursor>): void {
    let left = HISTORY_ENTRIES;
    for (const { log, rank } of logs.filter(isOwn).reverse()) {
      const next = cursors.get(log)?.next ?? 0;
      if (next > left) {
        this.#database.forget({ rank, index: next - left - 1 });
        return;
      }
      left -= next;
    }
  }

  #logOf(log: number): LedgerReader {
    const known = this.#logs.get(log);
    if (known !== undefined) return known;
    const reader = this.#reader.ofEpoch(log);
    this.#logs.set(log, reader);
    return reader;
  }
}

/** Written here, whatever headquarters gave back behind it. */
function isOwn({ start, returnedFrom }: StockLog): boolean {
  return returnedFrom > start;
}

/** Where a transaction was accepted first, among all logs; where it stands, if that log is unknown. */
function placeOf(
  first: { origin: string; index: number },
  at: { log: StockLog; index: number; logs: readonly StockLog[] },
): StockPlace {
  const log = at.logs.find(({ origin }) => origin === first.origin);
  return log === undefined
    ? { rank: at.log.rank, index: at.index }
    : { rank: log.rank, index: first.index };
}
