/**
 * The port behind which a ledger's storage stands. Two implementations pass one contract suite:
 * SQLite (sqlite-store.ts) and memory with commit and crash semantics (memory-store.ts).
 *
 * `transact` is all or nothing and durable when it returns; one at a time; what `work` writes is
 * visible to its own reads at once and to everybody else after the commit. A throw inside `work`, or
 * a failing commit, leaves the store as it was before.
 */
import type { NodeReader } from '../../protocol/log/merkle.ts';
import type { CouponTerms } from '../../protocol/rights/right-entries.ts';
import type { RequestRow, RightsView, RightsWrites } from '../../protocol/rights/rights-view.ts';
import type { JobPruning, JobReads, JobWrite } from './job-row.ts';

/** Where an entry stands: which epoch of this gateway (from 1) and its index in that log. */
export interface EntryRef {
  readonly epoch: number;
  readonly index: number;
}

/** One life of this gateway's log. */
export interface EpochInfo {
  /** 1, 2, 3 … in the order this ledger opened them. */
  readonly epoch: number;
  readonly origin: string;
  /** Entries in it; for all but the newest this is final. */
  readonly size: number;
}

/**
 * Entries that HQ sent back of a log this ledger lost or forked from. Where they continue an epoch
 * they stand in it; else beside it, under an epoch number of their own, and follow the first `base`
 * entries of epoch `of`.
 */
export interface ReturnedInfo {
  /** Where the entries stand; equal to `of` where they continue it. */
  readonly epoch: number;
  readonly origin: string;
  /** The epoch of this ledger with that origin; null where it has none, and `base` is 0. */
  readonly of: number | null;
  /** The first entry that HQ sent back. */
  readonly base: number;
  /** Of the whole log, the entries below `base` included. */
  readonly size: number;
}

/** What is remembered of a device beside its entries. */
export interface DeviceState {
  /** Of its last accepted transaction that had one. */
  readonly sequenceNumber: number | null;
  /** The UTC day, `YYYY-MM-DD`, that the rejection counters below are about. */
  readonly rejectionDay: string;
  readonly rejectedEntries: number;
  readonly rejectedBytes: number;
  /** Rejections above the quota: counted, not kept. */
  readonly rejectedUncounted: number;
  /** The entry that stands for all of those. */
  readonly summary: EntryRef | null;
}

/** A body kept beside the log. */
export interface Blob {
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A head of this log that HQ cosigned, kept as an entry of it. */
export interface Anchor {
  /** The entry. */
  readonly ref: EntryRef;
  /** Entries that HQ held. */
  readonly size: number;
  /** By HQ's clock, since 1970. */
  readonly timeSeconds: number;
}

/** The anchors of a log, found without reading it. */
export interface AnchorReads {
  /** The last one of the epoch before `ref`. */
  below(ref: EntryRef): Anchor | undefined;
  /** The first one of the epoch whose head covers `ref`. */
  over(ref: EntryRef): Anchor | undefined;
  /** How many of the entries from `ref` up to `end` are anchors. */
  count(ref: EntryRef, end: number): number;
}

/** The rows of rights, and what is read of them by those who decide nothing. */
export interface RightsReads extends RightsView {
  /** Whether nothing of rights was ever written here. */
  isEmpty(): boolean;
  /** Pools of which there is a grant, the own ones among them; counted up to `most`. */
  poolCount(most: number): number;
  /** What headquarters was asked for lately, the newest first. */
  requests(limit: number): readonly RequestRow[];
  /** Coupons whose id is above `after`, in order of their ids. */
  knownTerms(after: string, limit: number): readonly KnownTerms[];
}

export interface KnownTerms {
  readonly couponId: string;
  readonly terms: CouponTerms | null;
}

/** The entries of kind `conflict`, found without reading the log. */
export interface ConflictReads {
  /** Over all epochs and what HQ sent back; those written last come first within an epoch. */
  newest(limit: number): readonly EntryRef[];
  count(): number;
}

/** One leaf to be appended, and what hangs on it. */
export interface EntryDraft {
  readonly leaf: Uint8Array;
  readonly leafHash: Uint8Array;
  readonly blob?: Blob;
  /** What an anchor says, so that it is found again without a scan. */
  readonly anchor?: Pick<Anchor, 'size' | 'timeSeconds'>;
  /** It is a conflict, and is found again as one. */
  readonly isConflict?: true;
  /** The transactionId this entry claims for ever. */
  readonly claims?: string;
  /** The key under which this answer is found again (refusals and conflicts). */
  readonly answers?: Uint8Array;
}

/** What one command writes, in order. */
export interface Writes {
  readonly entries: readonly EntryDraft[];
  readonly devices?: readonly { readonly deviceId: string; readonly state: DeviceState }[];
  /** (device, origin) pairs for which a missing lastResult has been audited. */
  readonly missingResults?: readonly { readonly deviceId: string; readonly origin: string }[];
  readonly jobs?: readonly JobWrite[];
  /** After the jobs above. */
  readonly pruneJobs?: JobPruning;
  readonly rights?: RightsWrites;
}

export interface LedgerView {
  /** The newest epoch; undefined while there is none. */
  current(): EpochInfo | undefined;
  epochs(): readonly EpochInfo[];
  epochByOrigin(origin: string): EpochInfo | undefined;
  /** What HQ sent back, at most one place for an origin; never among `epochs`. */
  returned(): readonly ReturnedInfo[];
  /** The entry that claims the transactionId (lower-case UUID), over all epochs. */
  claim(transactionId: string): EntryRef | undefined;
  /** The entry that holds an earlier refusal or conflict answer. */
  earlierAnswer(key: Uint8Array): EntryRef | undefined;
  readonly anchors: AnchorReads;
  readonly conflicts: ConflictReads;
  readonly jobs: JobReads;
  readonly rights: RightsReads;
  leaf(ref: EntryRef): Uint8Array | undefined;
  leafHash(ref: EntryRef): Uint8Array | undefined;
  blob(ref: EntryRef): Blob | undefined;
  device(deviceId: string): DeviceState | undefined;
  missingResultNoted(deviceId: string, origin: string): boolean;
  /** Complete subtree nodes of one epoch's log, or of what HQ sent back, for roots and proofs. */
  nodes(epoch: number): NodeReader;
}

export interface LedgerTransaction extends LedgerView {
  /** Appends the entries to the newest epoch and keeps the rest. */
  write(writes: Writes): void;
  /** Opens the epoch after the newest; its entry 0 comes with the next `write`. */
  openEpoch(origin: string): EpochInfo;
  /** Makes the place for what HQ sends back of `origin` from `base` on; not of the newest epoch. */
  openReturned(origin: string, base: number): ReturnedInfo;
  /**
   * Appends to such a place. An id that is claimed and an answer that is known stay with the entry
   * that has them.
   */
  writeReturned(epoch: number, entries: readonly EntryDraft[]): void;
}

export interface LedgerStore {
  /** What is committed. */
  readonly view: LedgerView;
  /**
   * Runs `work` in one transaction and returns when it is durable. Throws `LEDGER_DISK_FULL`
   * (retryable, nothing kept) or `LEDGER_IO` (the storage failed; the process has to end).
   */
  transact<T>(work: (transaction: LedgerTransaction) => T): T;
  close(): void;
}
