/**
 * Read-only access to a ledger from other threads and processes, also while the daemon writes.
 */
import type { NodeReader } from '../../protocol/log/merkle.ts';
import type { Blob, EntryRef, EpochInfo } from './ledger-port.ts';

export interface LedgerEntry {
  readonly index: number;
  readonly leaf: Uint8Array;
  /** As stored: the leaf hash, then every node that this leaf completes, level by level. */
  readonly hashes: Uint8Array;
}

/** One epoch's log, as committed at the time of each call. */
export interface LedgerReader {
  /** The log this reader reads; the newest epoch unless another was asked for. */
  readonly origin: string;
  readonly epoch: number;
  /** Committed entries; grows while the daemon runs. */
  size(): number;
  readonly node: NodeReader;
  /** Entries [start, end) in order; memory stays flat whatever the range. */
  entries(start: number, end: number): Iterable<LedgerEntry>;
  entry(index: number): Uint8Array | undefined;
  /** The body of entry `index` where it is kept beside the log. */
  blob(index: number): Blob | undefined;
  /** The entry that claims a transactionId, over all epochs. */
  findTransaction(transactionId: string): EntryRef | undefined;
  /** All epochs, oldest first. */
  epochs(): readonly EpochInfo[];
  /** A reader of another epoch over the same connection; close only the first. */
  ofEpoch(epoch: number): LedgerReader;
  close(): void;
}

export interface LedgerReaderOptions {
  /** Default: the newest. */
  readonly epoch?: number;
}

/** Opens `dataDir`/ledger.db. Throws `LEDGER_MISSING` where there is none. */
export declare function openLedgerReader(
  dataDir: string,
  options?: LedgerReaderOptions,
): LedgerReader;
