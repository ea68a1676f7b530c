/**
 * One integer for an entry of any epoch, so that the entries table is one B-tree in order of
 * writing. Exact in a double: 2^13 epochs of 2^40 entries each.
 */
import { assert } from '../../protocol/must.ts';
import type { EntryRef } from './ledger-port.ts';

const ENTRIES_PER_EPOCH = 2 ** 40;
export const EPOCH_MAX = 2 ** 13 - 1;

export function entryId(ref: EntryRef): number {
  return ref.epoch * ENTRIES_PER_EPOCH + ref.index;
}

export function entryRef(id: number): EntryRef {
  assert(Number.isSafeInteger(id), 'entry ids are exact');
  return { epoch: Math.floor(id / ENTRIES_PER_EPOCH), index: id % ENTRIES_PER_EPOCH };
}

/** The ids of all entries of `epoch` lie in [first, end). */
export function epochRange(epoch: number): { first: number; end: number } {
  return { first: epoch * ENTRIES_PER_EPOCH, end: (epoch + 1) * ENTRIES_PER_EPOCH };
}

/** The entry whose arrival completed node (level, position), which is where that node is kept. */
export function nodeOwner(level: number, position: number): number {
  return (position + 1) * 2 ** level - 1;
}
