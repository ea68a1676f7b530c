/** For tests of stock: a ledger in memory or, for those with threads, in a file; and what moves items. */
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { onHand } from '../../protocol/stock/stock-book.ts';
import type { Append } from '../../daemon/ledger/commands.ts';
import type { LedgerCore } from '../../daemon/ledger/ledger-core.ts';
import { freshFolder, newCore, sale, uuid } from '../../daemon/ledger/ledger-fixtures.ts';
import type { SaleOptions } from '../../daemon/ledger/ledger-fixtures.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import type { ReturnedEntry } from '../../daemon/ledger/returned-entry.ts';
import { MemoryLedger } from '../sim/memory-ledger.ts';
import { SqliteStore } from '../../daemon/ledger/sqlite-store.ts';
import { StockDatabase } from '../../daemon/stock/stock-database.ts';
import { StockFollower } from '../../daemon/stock/stock-follower.ts';

const UNIT = 1_000_000;

export class StockLab {
  readonly dataDir: string;
  readonly core: LedgerCore;
  readonly reader: LedgerReader;
  database: StockDatabase;
  follower: StockFollower;

  constructor(t: Pick<Test, 'teardown'>, { onDisk = false } = {}) {
    const folder = freshFolder();
    this.dataDir = folder.path;
    const memory = new MemoryLedger({});
    this.core = newCore(
      onDisk ? new SqliteStore(join(folder.path, 'ledger.db')) : memory.openStore(),
    );
    this.reader = onDisk ? openLedgerReader(folder.path) : memory.openReader();
    this.database = new StockDatabase(this.stockFile);
    this.follower = new StockFollower(this.reader, this.database);
    t.teardown(() => {
      this.database.close();
      this.reader.close();
      this.core.close();
      folder.remove();
    });
  }

  get stockFile(): string {
    return join(this.dataDir, 'stock.db');
  }

  /** Books one; gives its index. */
  book(name: string, members: JsonObject, options: SaleOptions = {}): number {
    const content = { transactionId: uuid(name), ...members };
    const body = Buffer.from(JSON.stringify(content));
    const command = sale(name, { content: JSON.stringify(members), body, ...options });
    const outcome = must(this.core.run([command])[0], 'one outcome');
    if (!('index' in outcome)) throw outcome;
    return outcome.index;
  }

  append(command: Append): void {
    this.core.run([command]);
  }

  /** Reads all there is; gives the slices that it took. */
  follow(): number {
    let slices = 0;
    while (this.follower.step().entries > 0) slices += 1;
    return slices;
  }

  /** As after a crash or an end of the process. */
  reopen(reader: LedgerReader = this.reader): void {
    this.database.close();
    this.database = new StockDatabase(this.stockFile);
    this.follower = new StockFollower(reader, this.database);
  }

  /** In whole units. */
  onHand(itemId: string): number | undefined {
    const stock = this.database.item(itemId);
    return stock && onHand(stock) / UNIT;
  }
}

export function line(itemId: string, value: number): JsonObject {
  return { itemId, quantity: { value, scale: 0 } };
}

export function sold(itemId: string, value: number): JsonObject {
  return { type: 'sale', lines: [line(itemId, value)] };
}

export function moved(
  stock: { movement: string } & Record<string, Json>,
  itemId: string,
  value: number,
): JsonObject {
  return { type: 'adjustment', stock, lines: [line(itemId, value)] };
}

export function entriesOf(core: LedgerCore, start: number, epoch = 1): ReturnedEntry[] {
  const entries: ReturnedEntry[] = [];
  for (let index = start; ; index++) {
    const leaf = core.view.leaf({ epoch, index });
    if (leaf === undefined) return entries;
    const blob = core.view.blob({ epoch, index });
    entries.push({ leaf, leafHash: leafHash(leaf), ...(blob !== undefined && { blob }) });
  }
}
