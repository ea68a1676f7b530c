/**
 * Goal: stock that was followed while a log was rolled back, carried over, sold on from and given back
 * in pieces is the stock that is added up from the end, and each transaction counts once. Method: two
 * lives of one gateway from a common beginning, of which one gives its tail to the other; random steps,
 * and a follower that looks at random moments.
 *
 *     STOCK_RUNS=5000 STOCK_SEED=7 node test/sim/stock-follower.test.ts
 */
import fc from 'fast-check';
import t from 'tap';
import { carryOver } from '../../daemon/epochs/tail-carrier.ts';
import type { LedgerCore } from '../../daemon/ledger/ledger-core.ts';
import { newCore, ORIGIN, sale, uuid } from '../../daemon/ledger/ledger-fixtures.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import { StockDatabase } from '../../daemon/stock/stock-database.ts';
import { StockFollower } from '../../daemon/stock/stock-follower.ts';
import { entriesOf, moved, sold } from '../support/stock-lab.ts';
import type { JsonObject } from '../../protocol/json/json-value.ts';
import { onHand } from '../../protocol/stock/stock-book.ts';
import { MemoryLedger } from './memory-ledger.ts';

const RUNS = Number(process.env['STOCK_RUNS'] ?? 60);
const SEED = Number(process.env['STOCK_SEED'] ?? 20_261_128);
/** A life takes some milliseconds, on a busy machine some tens. */
const MS_PER_LIFE = 200;
t.setTimeout(30_000 + RUNS * MS_PER_LIFE);
const SECOND = ORIGIN.replace('e1', 'e2-01234567');
const UNIT = 1_000_000;
const ITEMS = ['A', 'B'];

/** What one of the transactions does; its number names it in both lives. */
type Booking = { item: number; units: number; count: boolean; back: number };
type Step =
  | { type: 'book'; number: number }
  | { type: 'carry'; index: number }
  | { type: 'restore'; entries: number }
  | { type: 'follow' };

const booking: fc.Arbitrary<Booking> = fc.record({
  ...{ item: fc.nat(1), units: fc.integer({ min: 1, max: 9 }) },
  ...{ count: fc.boolean(), back: fc.nat(4) },
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('book' as const), number: fc.nat(19) }),
  fc.record({ type: fc.constant('carry' as const), index: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('restore' as const), entries: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('follow' as const) }),
);
const life = fc.record({
  bookings: fc.array(booking, { minLength: 20, maxLength: 20 }),
  common: fc.nat(5),
  tail: fc.integer({ min: 1, max: 8 }),
  steps: fc.array(step, { maxLength: 25 }),
});

type RandomLife = typeof life extends fc.Arbitrary<infer T> ? T : never;

class Life {
  readonly core: LedgerCore;
  readonly reader: LedgerReader;
  readonly bookings: readonly Booking[];
  readonly booked = new Set<number>();

  constructor(bookings: readonly Booking[]) {
    const ledger = new MemoryLedger({});
    this.core = newCore(ledger.openStore());
    this.reader = ledger.openReader();
    this.bookings = bookings;
  }

  book(number: number): void {
    const members = this.#membersOf(number);
    const name = `sale-${number}`;
    const body = Buffer.from(JSON.stringify({ transactionId: uuid(name), ...members }));
    this.core.run([sale(name, { content: JSON.stringify(members), body })]);
    this.booked.add(number);
  }

  /** In whole units, what it changes; a count changes nothing. */
  changeOf(number: number, item: string): number {
    const { item: at = 0, units = 0, count = false } = this.bookings[number] ?? {};
    return count || ITEMS[at] !== item ? 0 : -units;
  }

  #membersOf(number: number): JsonObject {
    const { item = 0, units = 0, count = false, back = 0 } = this.bookings[number] ?? {};
    const itemId = ITEMS[item] ?? '';
    if (!count) return sold(itemId, units);
    return moved({ movement: 'count', asOf: Math.max(0, number - back) }, itemId, units);
  }
}

function follow(follower: StockFollower): void {
  while (follower.step().entries > 0);
}

function livesAgree({ bookings, common, tail, steps }: RandomLife): boolean {
  const was = new Life(bookings);
  const now = new Life(bookings);
  for (let number = 0; number < common; number += 1) for (const one of [was, now]) one.book(number);
  for (let number = common; number < common + tail; number += 1) was.book(number);
  const lost = entriesOf(was.core, now.core.tip().size);
  now.core.openEpoch({ origin: SECOND, reason: 'rolledBack', members: {} });
  const database = new StockDatabase(':memory:');
  const follower = new StockFollower(now.reader, database);
  const start = common + 1;
  let given = 0;
  const restore = (count: number): void => {
    const entries = lost.slice(given, given + count);
    if (entries.length === 0) return;
    now.core.restore({ origin: ORIGIN, start: start + given, entries });
    given += entries.length;
  };
  for (const one of steps) {
    if (one.type === 'book') now.book(one.number);
    else if (one.type === 'restore') restore(one.entries);
    else if (one.type === 'follow') follow(follower);
    else {
      const command = carryOver(now.reader.ofEpoch(1), one.index);
      if (command !== undefined && one.index <= common) now.core.run([command]);
    }
  }
  restore(lost.length);
  follow(follower);
  const again = new StockDatabase(':memory:');
  follow(new StockFollower(now.reader, again));
  const all = new Set([...was.booked, ...now.booked]);
  const agrees = ITEMS.every((item) => {
    const [followed, added] = [database.item(item), again.item(item)];
    const total = [...all].reduce((sum, number) => sum + now.changeOf(number, item), 0);
    const isSame =
      followed === undefined || added === undefined
        ? followed === added
        : onHand(followed) === onHand(added);
    return isSame && (added?.total ?? 0) === total * UNIT;
  });
  database.close();
  again.close();
  return agrees;
}

void t.test('followed or added up from the end, stock is the same', (t) => {
  fc.assert(fc.property(life, livesAgree), { numRuns: RUNS, seed: SEED });
  t.end();
});
