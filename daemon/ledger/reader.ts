/**
 * Read-only access to a ledger from other threads and processes, also while the daemon writes. Every
 * call sees what is committed at its time; no transaction stays open between calls, so a reader
 * never holds up the checkpoint of the write-ahead log. Memory stays flat: ranges come in chunks.
 */
import type Database from 'better-sqlite3';
import { join } from 'node:path';
import { TillgateError } from '../../protocol/errors.ts';
import type { NodeReader } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { onceKey } from './answer-keys.ts';
import { entryId, entryRef } from './entry-id.ts';
import type { JobReads } from './job-row.ts';
import type {
  AnchorReads,
  Blob,
  ConflictReads,
  EntryRef,
  EpochInfo,
  ReturnedInfo,
  RightsReads,
} from './ledger-port.ts';
import { LEDGER_FILE, openForReading } from './sqlite-schema.ts';
import { SqliteView } from './sqlite-view.ts';

export interface LedgerEntry {
  readonly index: number;
  readonly leaf: Uint8Array;
}

export interface StoredLedgerEntry extends LedgerEntry {
  /** The leaf hash, then every node that this leaf completes, level by level, in lower-case hex. */
  readonly hashes: string;
}

/** One epoch's log, as committed at the time of each call. */
export interface LedgerReader {
  /** The log this reader reads; the newest epoch at its opening unless another was asked for. */
  readonly origin: string;
  readonly epoch: number;
  /** Committed entries; grows while the daemon runs. */
  size(): number;
  readonly node: NodeReader;
  /** Entries [start, end) in order, as far as the log goes; memory stays flat. */
  entries(start: number, end: number): Iterable<LedgerEntry>;
  /** The same with the hashes as they are stored, for those who do not take them on trust. */
  storedEntries(start: number, end: number): Iterable<StoredLedgerEntry>;
  entry(index: number): Uint8Array | undefined;
  /** The body of entry `index` where it is kept beside the log. */
  blob(index: number): Blob | undefined;
  /** The entry that claims a transactionId (lower-case UUID), over all epochs. */
  findTransaction(transactionId: string): EntryRef | undefined;
  /** The entry that was written under a name (`Append.once`), over all epochs. */
  findOnce(name: string): EntryRef | undefined;
  /** Of all epochs. */
  readonly anchors: AnchorReads;
  /** Of all epochs. */
  readonly conflicts: ConflictReads;
  /** Of peripherals; beside the log, whatever epoch is read. */
  readonly jobs: JobReads;
  /** What this gateway may spend; likewise. */
  readonly rights: RightsReads;
  /** All epochs, oldest first. */
  epochs(): readonly EpochInfo[];
  /** What HQ sent back; each place can be read by its epoch number, the entries it follows included. */
  returned(): readonly ReturnedInfo[];
  nodes(epoch: number): NodeReader;
  /** A reader of another epoch over the same connection; close only the first. */
  ofEpoch(epoch: number): LedgerReader;
  close(): void;
}

export interface LedgerReaderOptions {
  /** Default: the newest. */
  readonly epoch?: number;
}

/** A chunk is read in one step of SQLite; at most 64 KiB a leaf, so this bounds it to 16 MiB. */
const CHUNK_ENTRIES = 256;

/** Verification touches every byte once: fewer at a time stay in the processor's cache. */
const STORED_CHUNK_ENTRIES = 64;

/** Opens `dataDir`/ledger.db. Throws `LEDGER_MISSING` where there is none. */
export function openLedgerReader(dataDir: string, options: LedgerReaderOptions = {}): LedgerReader {
  const database = openForReading(join(dataDir, LEDGER_FILE));
  const view = new SqliteView(database);
  const newest = view.epochs().at(-1);
  if (newest === undefined) {
    // The file is there and its first entry is not: the gateway is starting for the first time.
    database.close();
    throw new TillgateError('LEDGER_MISSING', `The ledger in ${dataDir} has no entry yet.`);
  }
  return new SqliteReader(database, view, options.epoch ?? newest.epoch);
}

type StoredRow = [id: number, leaf: Buffer, hashes: string];

class SqliteReader implements LedgerReader {
  readonly origin: string;
  readonly epoch: number;
  readonly node: NodeReader;
  readonly anchors: AnchorReads;
  readonly conflicts: ConflictReads;
  readonly jobs: JobReads;
  readonly rights: RightsReads;
  readonly #database: Database.Database;
  readonly #view: SqliteView;
  /** Set where HQ's entries stand here: the first ones are those of another epoch then. */
  readonly #place: ReturnedInfo | undefined;
  readonly #range: Database.Statement<[number, number, number], { id: number; leaf: Buffer }>;
  readonly #stored: Database.Statement<[number, number, number]>;

  constructor(database: Database.Database, view: SqliteView, epoch: number) {
    this.#database = database;
    this.#view = view;
    this.epoch = epoch;
    const isIts = (known: { epoch: number }): boolean => known.epoch === epoch;
    this.#place = view.returned().find(isIts);
    const info = view.epochs().find(isIts) ?? this.#place;
    this.origin = must(info, 'the epoch that is read is one of the ledger').origin;
    this.node = view.nodes(epoch);
    this.anchors = view.anchors;
    this.conflicts = view.conflicts;
    this.jobs = view.jobs;
    this.rights = view.rights;
    this.#range = database.prepare(
      'SELECT id, leaf FROM entries WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
    );
    this.#stored = database
      .prepare<[number, number, number]>(
        'SELECT id, leaf, lower(hex(hashes)) FROM entries WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
      )
      .raw();
  }

  size(): number {
    return this.#view.size(this.epoch);
  }

  *entries(start: number, end: number): Iterable<LedgerEntry> {
    for (const { first, stop } of this.#ranges(start, end)) {
      let next = first;
      while (next < stop) {
        const rows = this.#range.all(next, stop, CHUNK_ENTRIES);
        for (const { id, leaf } of rows) {
          yield { index: entryRef(id).index, leaf };
          next = id + 1;
        }
        if (rows.length < CHUNK_ENTRIES) break;
      }
    }
  }

  *storedEntries(start: number, end: number): Iterable<StoredLedgerEntry> {
    for (const { first, stop } of this.#ranges(start, end)) {
      let next = first;
      while (next < stop) {
        const rows = this.#stored.all(next, stop, STORED_CHUNK_ENTRIES) as unknown as StoredRow[];
        for (const [id, leaf, hashes] of rows) {
          yield { index: entryRef(id).index, leaf, hashes };
          next = id + 1;
        }
        if (rows.length < STORED_CHUNK_ENTRIES) break;
      }
    }
  }

  entry(index: number): Uint8Array | undefined {
    return this.#view.leaf(this.#at(index));
  }

  blob(index: number): Blob | undefined {
    return this.#view.blob(this.#at(index));
  }

  #at(index: number): EntryRef {
    const { epoch } = this;
    const { base, of } = this.#place ?? { base: 0, of: null };
    return index < base ? { epoch: of ?? epoch, index } : { epoch, index };
  }

  /** Row ids of [start, end): two runs where the first entries are those of another epoch. */
  #ranges(start: number, end: number): { first: number; stop: number }[] {
    const base = this.#place?.base ?? 0;
    const runs = [
      { from: start, to: Math.min(end, base) },
      { from: Math.max(start, base), to: end },
    ];
    return runs.flatMap(({ from, to }) => {
      const first = entryId(this.#at(from));
      return from < to ? [{ first, stop: first + to - from }] : [];
    });
  }

  findTransaction(transactionId: string): EntryRef | undefined {
    return this.#view.claim(transactionId);
  }

  findOnce(name: string): EntryRef | undefined {
    return this.#view.earlierAnswer(onceKey(name));
  }

  epochs(): readonly EpochInfo[] {
    return this.#view.epochs();
  }

  returned(): readonly ReturnedInfo[] {
    return this.#view.returned();
  }

  nodes(epoch: number): NodeReader {
    return this.#view.nodes(epoch);
  }

  ofEpoch(epoch: number): LedgerReader {
    return new SqliteReader(this.#database, this.#view, epoch);
  }

  close(): void {
    this.#database.close();
  }
}
