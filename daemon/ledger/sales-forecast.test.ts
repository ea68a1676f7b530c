/**
 * Goal: the days that a disk has left follow the pace of the last week. Method: real ledgers whose
 * entries were written at times that the test chooses; the free space is the disk's own.
 */
import Database from 'better-sqlite3';
import { readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Clock } from '../../protocol/clock.ts';
import { LedgerCore } from './ledger-core.ts';
import { openLedgerReader } from './reader.ts';
import { SalesForecast } from './sales-forecast.ts';
import { LEDGER_FILE, PAGE_BYTES } from './sqlite-schema.ts';
import { SqliteStore } from './sqlite-store.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const ORIGIN = 'tillgate.invalid/acme/s1/g1/e1';
const BODY = Buffer.alloc(24 * 1024, 'x');

interface Store {
  dataDir: string;
  clock: Clock;
  passDays(days: number): void;
  write(entries: number): void;
  openEpoch(): void;
  /** What the days of sales left come to, in bytes a day. */
  bytesPerDay(): number | null;
  /** Bytes of the file an entry. */
  entryBytes(): number;
}

function storeFor(t: Test): Store {
  const dataDir = t.testdir();
  const path = join(dataDir, LEDGER_FILE);
  let nowMs = START_MS;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs - START_MS };
  const core = new LedgerCore(new SqliteStore(path), {
    ...{ clock, bootId: 'boot', clockSource: 'system', origin: ORIGIN },
    randomBytes: (count) => new Uint8Array(count),
  });
  t.teardown(() => core.close());
  let entries = 1;
  return {
    ...{ dataDir, clock },
    passDays: (days) => {
      nowMs += days * DAY_MS;
    },
    write: (count) => {
      entries += count;
      for (let at = 0; at < count; at += 1) {
        core.run([{ type: 'append', kind: 'note', members: {}, body: BODY }]);
      }
    },
    openEpoch: () => {
      entries += 1;
      core.openEpoch({ origin: `${ORIGIN.slice(0, -1)}2-00c0ffee`, reason: 'fork', members: {} });
    },
    bytesPerDay: () => {
      settle(path);
      const reader = openLedgerReader(dataDir);
      const days = new SalesForecast({ dataDir, reader, clock }).daysOfSales();
      reader.close();
      const { bavail, bsize } = statfsSync(dataDir);
      return days === null ? null : (bavail * bsize) / days;
    },
    entryBytes: () => {
      settle(path);
      return statSync(path).size / entries;
    },
  };
}

/** Brings what stands in the write-ahead log into the file, as the daemon does all the time. */
function settle(path: string): void {
  const database = new Database(path);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

const FLOOR = 4 * 1024 * 1024;

void t.test('the pace is that of the last week', (t) => {
  const store = storeFor(t);
  const near = (wanted: number, what: string): void => {
    const got = store.bytesPerDay() ?? 0;
    t.ok(Math.abs(got - wanted) < wanted / 20, `${what}: ${got} and ${wanted}`);
  };
  t.equal(store.bytesPerDay(), null, 'nothing is said before the first sale');
  store.write(10);
  near(FLOOR, 'a few sales promise no thousand years');
  store.write(400);
  near(410 * store.entryBytes(), 'the rush of the first hour counts as a day');
  store.passDays(1);
  store.write(400);
  store.passDays(1);
  near(405 * store.entryBytes(), 'two days of the same pace');
  store.passDays(400);
  near(FLOOR, 'a year ago is no pace');
  store.write(3_000);
  store.openEpoch();
  store.write(500);
  near((3_500 * store.entryBytes()) / 7, 'a season that has begun, over both of its logs');
  t.end();
});

void t.test('a page that cannot be read costs the estimate and nothing else', (t) => {
  const store = storeFor(t);
  store.write(100);
  t.type(store.bytesPerDay(), 'number');
  const { dataDir, clock } = store;
  const file = join(dataDir, LEDGER_FILE);
  const reader = openLedgerReader(dataDir);
  t.teardown(() => reader.close());
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 20 * PAGE_BYTES);
  writeFileSync(file, bytes);
  t.equal(new SalesForecast({ dataDir, reader, clock }).daysOfSales(), null);
  t.end();
});
