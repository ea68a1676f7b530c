/**
 * Which entries of a damaged ledger are as they were written: below a head that was signed and that
 * the leaves lead to, all; above it, those whose stored hash agrees with the leaf.
 */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { blobHash } from '../../protocol/log/entry.ts';
import { Frontier, hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import type { EntryRef } from '../ledger/ledger-port.ts';
import type { ReturnedEntry } from '../ledger/returned-entry.ts';
import type { LedgerSalvage, SalvagedEntry } from './ledger-salvage.ts';

export interface KnownSize {
  origin: string;
  size: number;
  root: Uint8Array;
}

/** The largest head that the leaves themselves lead to, whatever the stored hashes say. */
export function provenBy(
  salvage: LedgerSalvage,
  epoch: number,
  heads: readonly KnownSize[],
): number {
  const frontier = new Frontier();
  let proven = 0;
  for (const { size, root } of heads.toSorted((a, b) => a.size - b.size)) {
    while (frontier.size < size) {
      const entry = salvage.entry({ epoch, index: frontier.size });
      if (entry === undefined) return proven;
      frontier.append(leafHash(entry.leaf));
    }
    if (!hashesEqual(frontier.root(), root)) return proven;
    proven = size;
  }
  return proven;
}

export function isAsStored({ leaf, hashes }: SalvagedEntry): boolean {
  return hashesEqual(leafHash(leaf), hashes.subarray(0, leafHash(leaf).length));
}

/** The entry as it was written, or undefined; without its blob where that is lost or spoilt. */
export function readGood(
  salvage: LedgerSalvage,
  ref: EntryRef,
  provenSize: number,
): ReturnedEntry | undefined {
  const entry = salvage.entry(ref);
  if (entry === undefined || !(ref.index < provenSize || isAsStored(entry))) return undefined;
  const { leaf } = entry;
  const plain = { leaf, leafHash: leafHash(leaf) };
  const need = blobNeededBy(leaf, ref.index);
  const blob = need === undefined ? undefined : salvage.blob(ref);
  if (blob === undefined || need === undefined) return plain;
  return encodeBase64(blobHash(blob.salt, blob.bytes)) === need.sha256 ? { ...plain, blob } : plain;
}

export const lacksBlob = ({ leaf, blob }: ReturnedEntry): boolean =>
  blob === undefined && blobNeededBy(leaf, 0) !== undefined;
