/**
 * What signing and sending need of one epoch's log, as committed at the time of each call. The
 * ledger's reader is one; tests bring a log in memory.
 */
import type { NodeReader } from '../../protocol/log/merkle.ts';

export interface SignedLog {
  readonly origin: string;
  /** Committed entries; never shrinks. */
  size(): number;
  readonly node: NodeReader;
  /** Entries [start, end) in order. */
  entries(start: number, end: number): Iterable<{ index: number; leaf: Uint8Array }>;
  /** The body of entry `index` where it is kept beside the log. */
  blob(index: number): { salt: Uint8Array; bytes: Uint8Array } | undefined;
}
