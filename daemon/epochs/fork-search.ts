/**
 * Finds the first entry at which HQ's branch of a log differs from the own one. HQ tells whether its
 * entries continue the own ones up to some size, so the search goes back from the end in doubling
 * steps until they do, and compares leaf hashes from there.
 */
import { frontierAt, hashesEqual, leafHash, rootAt } from '../../protocol/log/merkle.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { FetchedEntry } from '../uplink/fetch-result.ts';
import type { FetchFromHq } from './recovery.ts';

/** What is read of the own log. */
type OwnEntries = Pick<LedgerReader, 'origin' | 'size' | 'node' | 'entry'>;

export type ForkSearchOptions = {
  /** The own entries. */
  log: OwnEntries;
  /** A size at which HQ's log is known not to continue the own one. */
  from: number;
  fetch: FetchFromHq;
  signal: AbortSignal;
  /** Waits after an answer that cannot be, before the search begins anew. */
  nonsense: () => Promise<void>;
};

/** The place, and HQ's entries from there on, some of them; undefined when there is none after all. */
export async function findFork(
  options: ForkSearchOptions,
): Promise<{ fork: number; entries: readonly FetchedEntry[] } | undefined> {
  const { log, fetch, signal, nonsense } = options;
  const size = log.size();
  let { from } = options;
  let step = 1;
  let start = Math.max(0, from - step);
  while (!signal.aborted) {
    const frontier = frontierAt(start, log.node);
    const result = await fetch({ origin: log.origin, start, frontier }, signal);
    if (result === undefined) return undefined;
    if (result.type === 'entries') {
      const { entries } = result;
      const at = entries.findIndex((entry) => entry.index >= size || differs(log, entry));
      if (at >= 0) return { fork: start + at, entries: entries.slice(at) };
      start += entries.length;
      continue;
    }
    if (result.type === 'end') {
      if (hashesEqual(rootAt(result.size, log.node), result.root)) return undefined;
      // HQ holds less than it did: what is above its head cannot be compared.
      from = result.size;
      step = 1;
    } else if (start === 0) {
      // Nothing is here before entry 0, so nothing can contradict it.
      await nonsense();
    } else {
      step *= 2;
    }
    start = Math.max(0, from - step);
  }
  return undefined;
}

function differs(log: OwnEntries, { index, leafHash: theirs }: FetchedEntry): boolean {
  const own = log.entry(index);
  return own === undefined || !hashesEqual(leafHash(own), theirs);
}
