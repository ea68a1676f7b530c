/**
 * Custody: the durable possession of other parties' logs, byte for byte. Two implementations stand
 * behind these interfaces and pass one contract suite: segment files and PostgreSQL.
 *
 * What every implementation guarantees: a promise of a method that keeps something resolves only
 * after the bytes are on stable storage, whatever is killed or unplugged next. Appends are one
 * global sequence ("custody order"), which a reader can follow with `tail` and a cursor; entries of
 * one origin are contiguous. Each entry is kept with its leaf hash and every tree node it completes,
 * so node (level, position) lies at entry (position + 1) * 2^level - 1 and any proof costs O(log n)
 * reads.
 *
 * What it relies on: the caller has verified what it hands over (ingest does); custody compares only
 * the head an append extends. It leaves out interpretation: bodies mean nothing here.
 */
import type { Hash } from '../../protocol/log/merkle.ts';

export type KeptEntry = {
  leaf: Uint8Array;
  /** The leaf hash, then every node this entry completes, lowest level first. */
  nodes: readonly Hash[];
};

export type IndexedEntry = KeptEntry & { index: number };

/** HQ's own permission for a log: who it is and by which key it signs. */
export type Admission = {
  origin: string;
  /** The log's verifier key, type 0x01, named as the origin. */
  logVkey: string;
  /** The signed note by which the log was admitted; empty when an earlier epoch vouched for it. */
  note: string;
};

export type CustodyHead = {
  origin: string;
  logVkey: string;
  size: number;
  root: Hash;
  /** The origin's signed checkpoint of exactly `size`; null for a log without entries. */
  checkpoint: string | null;
  /** The newest note that HQ's durable key cosigned; its size may be below `size` after a crash. */
  cosigned: string | null;
};

export type Append = {
  origin: string;
  /** The head this extends; the append is refused as stale when custody has another one. */
  size: number;
  root: Hash;
  entries: readonly KeptEntry[];
  /** The head after it, and the origin's signed checkpoint that says so. */
  newRoot: Hash;
  checkpoint: string;
};

export type AppendOutcome = { verdict: 'appended' | 'stale'; head: CustodyHead };

/** A blob as it travels: salt ‖ bytes, and the SHA-256 of just that. */
export type KeptBlob = { sha256: Uint8Array; bytes: Uint8Array };

/** Two signed statements that contradict each other. */
export type Evidence = {
  origin: string;
  /** What HQ holds: the origin's own signed checkpoint. */
  held: string;
  /** What was claimed against it. */
  claimed: string;
  /** Milliseconds since 1970 at HQ. */
  recordedAtMs: number;
};

/** One life of a custody. */
export type Life = {
  /** Names it: 32 hex digits. */
  incarnation: string;
  /** The life before; null for the first. */
  previous: string | null;
  /**
   * `begun`: with nothing in custody. `restored`: headquarters had signed more than custody holds,
   * so an older copy took the place of what it held.
   */
  reason: 'begun' | 'restored';
  /** Milliseconds since 1970 at HQ; what HQ signed until then, this life explains. */
  beganAtMs: number;
};

export type NodeName = { level: number; position: number };

export type TailRecord = {
  origin: string;
  entries: readonly IndexedEntry[];
};

export type Tail = {
  records: readonly TailRecord[];
  /** Where to go on; equal to the one given when there is nothing new. */
  cursor: string;
};

/** Evidence kept of one origin: the first forks say everything, more would only fill the disk. */
export const EVIDENCE_PER_ORIGIN_MAX = 16;

export interface CustodyReader {
  /** Names this custody's life: new with an empty custody, and when it was found to be restored. */
  readonly incarnation: string;
  /** Every life that custody knows of, the present one last; none were noted in old custodies. */
  lives(): Promise<Life[]>;
  /** Sees what was kept since; a writer is always up to date. */
  refresh(): Promise<void>;
  heads(): Promise<CustodyHead[]>;
  head(origin: string): Promise<CustodyHead | undefined>;
  admissions(): Promise<Admission[]>;
  /** Up to the end of the log; `undefined` where there is no such entry. */
  entry(origin: string, index: number): Promise<KeptEntry | undefined>;
  /** Entries [start, end) in order, with flat memory. */
  entries(origin: string, start: number, end: number): AsyncIterable<IndexedEntry>;
  /** Complete nodes, in the order asked. A node that is not complete is the caller's mistake. */
  nodes(origin: string, names: readonly NodeName[]): Promise<Hash[]>;
  blob(origin: string, index: number): Promise<KeptBlob | undefined>;
  /** The hash alone, for asking whether a blob is here. */
  blobHash(origin: string, index: number): Promise<Uint8Array | undefined>;
  evidence(origin: string): Promise<Evidence[]>;
  /** What was appended after `cursor` (null: from the beginning), in custody order, some at a time. */
  tail(cursor: string | null): Promise<Tail>;
  /** Only where the record before the cursor is the very one that its reader saw, and durable. */
  covers(cursor: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface Custody extends CustodyReader {
  /** A new life begins with it: durable when it resolves, and `incarnation` is the new one. */
  beginLife(life: Life): Promise<void>;
  /** Idempotent for the same origin and key; another key throws `HQ_ADMISSION_CONFLICT`. */
  admit(admission: Admission): Promise<void>;
  append(append: Append): Promise<AppendOutcome>;
  /** Kept soon: with the next append, or after a moment. Losing it costs signing it again. */
  keepCosigned(origin: string, note: string): Promise<void>;
  /** A later blob under the same index replaces the earlier one. */
  keepBlob(origin: string, index: number, blob: KeptBlob): Promise<void>;
  /** False when this origin has its share of evidence already. */
  keepEvidence(evidence: Evidence): Promise<boolean>;
}
