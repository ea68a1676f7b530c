/**
 * For how many days of sales the disk has room, at the pace of the last week: by what the entries
 * themselves say of their time, found by halving, so that a start with a million entries reads a few
 * dozen of them. A weekday's rhythm evens out over the seven days, and a pace that changed is followed
 * within them.
 *
 * The store's clock is all there is for this. One that was wrong bends the figure for a week, down to
 * the pace of a busy store at the most, and nothing else follows from it.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../protocol/clock.ts';
import type { LedgerReader } from './reader.ts';
import { readHeader } from './reply.ts';
import { freeBytes } from './space-reserve.ts';
import { isStorageFailure } from './sqlite-failure.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';

const DAY_MS = 24 * 3_600_000;
const WINDOW_DAYS = 7;
/** A busy store writes about 4 MiB a day; an almost empty log must not promise a thousand years. */
const BYTES_PER_DAY_MIN = 4 * 1024 * 1024;
/** The pace of a week does not change in less. */
const REREAD_MS = 60_000;

export interface SalesForecastOptions {
  dataDir: string;
  /** Of any epoch. */
  reader: Pick<LedgerReader, 'epochs' | 'returned' | 'ofEpoch'>;
  clock: Clock;
}

export class SalesForecast {
  readonly #options: SalesForecastOptions;
  #bytesPerDay: number | undefined;
  #readAtMs = -Infinity;

  constructor(options: SalesForecastOptions) {
    this.#options = options;
  }

  /** Whole days; null until something was written after a log's first entry, and where it cannot be read. */
  daysOfSales(): number | null {
    const { clock, dataDir } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#bytesPerDay === undefined || nowMs - this.#readAtMs >= REREAD_MS) {
      this.#bytesPerDay = unlessDamaged(() => this.#pace());
      this.#readAtMs = nowMs;
    }
    if (this.#bytesPerDay === undefined) return null;
    return Math.floor(freeBytes(join(dataDir, LEDGER_FILE)) / this.#bytesPerDay);
  }

  #pace(): number | undefined {
    const { reader, dataDir, clock } = this.#options;
    const epochs = reader.epochs();
    if (epochs.every(({ size }) => size <= 1)) return undefined;
    const returned = reader.returned().map(({ size, base }) => size - base);
    const entries = sum([...returned, ...epochs.map(({ size }) => size)]);
    const bytesPerEntry = statSync(join(dataDir, LEDGER_FILE)).size / entries;
    const startMs = clock.wallMs() - WINDOW_DAYS * DAY_MS;
    const logs = epochs.map(({ epoch }) => reader.ofEpoch(epoch));
    const recent = sum(logs.map((log) => log.size() - firstFrom(startMs, log)));
    // A log of a few hours counts as one of a day: its rush hour must not promise a full disk.
    const firstMs = logs[0] === undefined ? 0 : timeMs(logs[0], 0);
    const days = Math.min(WINDOW_DAYS, Math.max(1, (clock.wallMs() - firstMs) / DAY_MS));
    return Math.max((recent * bytesPerEntry) / days, BYTES_PER_DAY_MIN);
  }
}

/** The first entry that was written at `startMs` or later. */
function firstFrom(startMs: number, log: LedgerReader): number {
  let low = 0;
  let high = log.size();
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (timeMs(log, middle) < startMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function timeMs(log: LedgerReader, index: number): number {
  const leaf = log.entry(index);
  const recordedAt = leaf === undefined ? undefined : readHeader(leaf)['recordedAt'];
  return typeof recordedAt === 'string' ? Date.parse(recordedAt) : 0;
}

/** A page that cannot be read is the doctor's, and costs no more than the estimate. */
function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isStorageFailure(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
