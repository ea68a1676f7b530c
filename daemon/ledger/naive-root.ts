/** The root of a list of leaf hashes straight from the definition (RFC 9162 section 2.1.1): an oracle. */
import { createHash } from 'node:crypto';
import { must } from '../../protocol/must.ts';

export function naiveRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return createHash('sha256').digest();
  if (leafHashes.length === 1) return must(leafHashes[0], 'there is one leaf');
  let split = 1;
  while (split * 2 < leafHashes.length) split *= 2;
  return createHash('sha256')
    .update(Uint8Array.of(1))
    .update(naiveRoot(leafHashes.slice(0, split)))
    .update(naiveRoot(leafHashes.slice(split)))
    .digest();
}
