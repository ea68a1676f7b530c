/** The small steps of bringing a log back: what is held of it, and how it is cut into commits. */
import { frontierAt, hashesEqual, rootAt } from '../../protocol/log/merkle.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { FetchedEntry } from '../uplink/fetch-result.ts';

/** One slice is a commit: a few milliseconds of the ledger's thread. */
const SLICE_ENTRIES = 64;
const SLICE_BYTES = 256 * 1024;

export interface Held {
  readonly size: number;
  /** Where what came from HQ begins. */
  readonly base: number;
  readonly log: LedgerReader | undefined;
}

/** How much of HQ's log of `origin` is here; the own entries count until HQ says otherwise. */
export function held(origin: string, reader: LedgerReader): Held {
  const place = reader.returned().find((known) => known.origin === origin);
  if (place !== undefined) {
    return { size: place.size, base: place.base, log: reader.ofEpoch(place.epoch) };
  }
  const own = reader.epochs().find((known) => known.origin === origin);
  if (own === undefined) return { size: 0, base: 0, log: undefined };
  return { size: own.size, base: own.size, log: reader.ofEpoch(own.epoch) };
}

export function nodesAt(log: LedgerReader | undefined, size: number): Uint8Array[] {
  return log === undefined ? [] : frontierAt(size, log.node);
}

/** Whether HQ's head is one of the log as it is here. */
export function isPrefix(
  log: LedgerReader | undefined,
  head: { size: number; root: Uint8Array },
): boolean {
  if (head.size === 0) return true;
  return log !== undefined && hashesEqual(rootAt(head.size, log.node), head.root);
}

export function* slicesOf(entries: readonly FetchedEntry[]): Iterable<readonly FetchedEntry[]> {
  let slice: FetchedEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    slice.push(entry);
    bytes += entry.leaf.length + (entry.blob?.bytes.length ?? 0);
    if (slice.length < SLICE_ENTRIES && bytes < SLICE_BYTES) continue;
    yield slice;
    slice = [];
    bytes = 0;
  }
  if (slice.length > 0) yield slice;
}
