/**
 * Brings back what HQ holds of epochs that were left and this ledger does not: after a roll-back the
 * end of the log, after a fork HQ's branch of it, after the loss of the ledger all of it. It asks
 * from the end of what is here; where HQ's log does not continue that, it goes back in doubling
 * steps until it does, and finds the first entry that differs (fork-search.ts).
 *
 * What comes is taken back in small slices with pauses between, so live sales never wait for it. All
 * progress is in the ledger and in the list, so it goes on after any crash where it stopped, weeks
 * later if HQ is away for so long.
 */
import { passing, type Schedule } from '../../platform/schedule.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { evidenceOrigin, previousOrigin } from '../../protocol/log/epoch-entry.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { ReturnedEntry } from '../ledger/returned-entry.ts';
import type { FetchedEntry, FetchRequest, FetchResult } from '../uplink/fetch-result.ts';
import type { CarryList } from './carry-list.ts';
import { findFork } from './fork-search.ts';
import { held, isPrefix, nodesAt, slicesOf } from './recovery-steps.ts';

/** Waits for HQ as long as it takes; undefined once the signal aborts. */
export type FetchFromHq = (
  request: FetchRequest,
  signal: AbortSignal,
) => Promise<FetchResult | undefined>;

export type RecoveryOptions = {
  ledger: Pick<LedgerClient, 'restore'>;
  /** Opens a reader of the newest epoch; closed after use. */
  openReader: () => LedgerReader;
  fetch: FetchFromHq;
  list: CarryList;
  schedule: Schedule;
  signal: AbortSignal;
  /** Entries of `origin` from `start` on are here again; what they enrolled and revoked can follow. */
  onEntries: (origin: string, start: number, leaves: readonly Uint8Array[]) => Promise<void>;
  /** HQ's log of `origin` differs from the own one from entry `fork` on. */
  onFork: (origin: string, fork: number) => Promise<void>;
  /** HQ contradicts even what it sent back before; nothing more is taken of that log. */
  onContradiction: (origin: string) => Promise<void>;
  /** Everything that HQ holds of `origin` is here. */
  onDone: (done: RecoveryReport) => void;
};

export type RecoveryReport = {
  origin: string;
  /** Entries that came back in this run. */
  returned: number;
  duplicates: number;
  conflicts: number;
};

export type RecoveryStatus = {
  origin: string;
  /** `waiting` for HQ to answer; `fetching` when it did. */
  state: 'waiting' | 'fetching';
  /** Entries that came back, of so many, as far as HQ said. */
  fetched: number;
  total: number | null;
};

/** Entries that are told of together when they are here already. */
const TOLD_ENTRIES = 256;
/** After each slice: at most some hundred slices a second beside the sales. */
const PAUSE_MS = 5;
/** How long to leave a ledger alone that has sales waiting, or a full disk. */
const RETRY_MS = 250;
/** Epochs and returned logs beyond which no more are looked for; a gateway has a handful. */
const PLACES_MAX = 256;
/** How long to leave an HQ alone whose answers make no sense. */
const NONSENSE_RETRY_MS = 60_000;

export class Recovery {
  readonly #options: RecoveryOptions;
  #running: Promise<void> | undefined;
  #status: RecoveryStatus | null = null;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    if (options.list.fetches.length > 0) this.#dropUnopened();
  }

  /** Null when nothing is waited for. */
  get status(): RecoveryStatus | null {
    const [origin] = this.#options.list.awaited;
    if (origin === undefined) return null;
    return this.#status ?? { origin, state: 'waiting', fetched: 0, total: null };
  }

  /** Works off the list, unless it does already; rejects when the ledger fails for good. */
  run(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      this.#status = null;
    });
    return this.#running;
  }

  /** Resolves when everything begun has ended. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  async #work(): Promise<void> {
    const { list, openReader } = this.#options;
    for (let origin = list.fetches[0]; origin !== undefined; origin = list.fetches[0]) {
      const reader = openReader();
      try {
        // The epoch that follows it is about to open, and its first commit calls again.
        if (origin === reader.origin) return;
        await this.#recover(origin, reader);
        if (this.#isStopping()) return;
        list.fetched(origin);
      } finally {
        reader.close();
      }
    }
  }

  #isStopping(): boolean {
    return this.#options.signal.aborted;
  }

  /** An epoch that never opened, because a crash came first, leaves nothing to bring back. */
  #dropUnopened(): void {
    const { list, openReader } = this.#options;
    const reader = openReader();
    list.fetched(reader.origin);
    reader.close();
  }

  async #recover(origin: string, reader: LedgerReader): Promise<void> {
    const { fetch, signal, onDone, onContradiction } = this.#options;
    const report = { origin, returned: 0, duplicates: 0, conflicts: 0 };
    await this.#tellAgain(origin, reader);
    this.#status = { origin, state: 'waiting', fetched: 0, total: null };
    while (!signal.aborted) {
      const { size, base, log } = held(origin, reader);
      this.#status = { ...this.#status, fetched: size - base };
      const result = await fetch({ origin, start: size, frontier: nodesAt(log, size) }, signal);
      if (result === undefined) return;
      if (result.type === 'entries') {
        const total = result.hqSize === undefined ? null : result.hqSize - base;
        this.#status = { ...this.#status, state: 'fetching', total };
        await this.#take(origin, result.entries, report);
        continue;
      }
      if (result.type === 'end' && isPrefix(log, result)) {
        onDone(report);
        return;
      }
      if (log === undefined) {
        await passing(this.#options.schedule, NONSENSE_RETRY_MS);
      } else if (reader.returned().some((place) => place.origin === origin)) {
        await onContradiction(origin);
        return;
      } else {
        const from = result.type === 'end' ? result.size : size;
        if (await this.#fork(log, from)) continue;
        return;
      }
    }
  }

  /** False when HQ's log turned out to be the own one after all, or the work was called off. */
  async #fork(log: LedgerReader, from: number): Promise<boolean> {
    const { fetch, signal, onFork, schedule } = this.#options;
    const nonsense = (): Promise<void> => passing(schedule, NONSENSE_RETRY_MS);
    const found = await findFork({ log, from, fetch, signal, nonsense });
    if (found === undefined) return false;
    const { origin } = log;
    const report = { origin, returned: 0, duplicates: 0, conflicts: 0 };
    // Before the first of HQ's entries is here: from then on nobody looks for the fork again.
    await onFork(origin, found.fork);
    await this.#take(origin, found.entries, report);
    return true;
  }

  async #take(
    origin: string,
    entries: readonly FetchedEntry[],
    report: RecoveryReport,
  ): Promise<void> {
    const { schedule, onEntries } = this.#options;
    for (const slice of slicesOf(entries)) {
      const start = slice[0]?.index ?? 0;
      const outcome = await this.#restore(origin, start, slice);
      if (outcome === undefined) return;
      report.returned += slice.length;
      report.duplicates += outcome.duplicates;
      report.conflicts += outcome.conflicts;
      if (this.#status !== null) this.#status.fetched += slice.length;
      const leaves = slice.map(({ leaf }) => leaf);
      this.#follow(start, leaves);
      await onEntries(origin, start, leaves);
      await passing(schedule, PAUSE_MS);
    }
  }

  async #restore(
    origin: string,
    start: number,
    entries: readonly ReturnedEntry[],
  ): Promise<{ duplicates: number; conflicts: number } | undefined> {
    const { ledger, signal, schedule } = this.#options;
    while (!signal.aborted) {
      try {
        return await ledger.restore({ origin, start, entries });
      } catch (error) {
        if (!isTillgateError(error) || !error.retryable) throw error;
        await passing(schedule, RETRY_MS);
      }
    }
    return undefined;
  }

  /** What an earlier run took back may have been cut off before it was acted on. */
  async #tellAgain(origin: string, reader: LedgerReader): Promise<void> {
    const place = reader.returned().find((known) => known.origin === origin);
    if (place === undefined) return;
    const log = reader.ofEpoch(place.epoch);
    for (let start = place.base; start < place.size; start += TOLD_ENTRIES) {
      if (this.#isStopping()) return;
      const entries = [...log.entries(start, Math.min(place.size, start + TOLD_ENTRIES))];
      const leaves = entries.map(({ leaf }) => leaf);
      this.#follow(start, leaves);
      await this.#options.onEntries(origin, start, leaves);
    }
  }

  /** A log that came back whole names those before it, which may be lost as well. */
  #follow(start: number, leaves: readonly Uint8Array[]): void {
    const [opening] = leaves;
    if (start !== 0 || opening === undefined) return;
    const named = [previousOrigin(opening), evidenceOrigin(opening)];
    const reader = this.#options.openReader();
    try {
      const places = [...reader.epochs(), ...reader.returned()];
      for (const origin of new Set(named)) {
        const isHere = places.some((place) => place.origin === origin);
        if (origin === undefined || isHere || places.length >= PLACES_MAX) continue;
        this.#options.list.addFetch(origin);
      }
    } finally {
      reader.close();
    }
  }
}
