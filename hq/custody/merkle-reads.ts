/**
 * Lets the synchronous tree functions work on nodes that are read asynchronously. Which nodes they
 * read depends on sizes only, never on hashes, so a first pass with empty hashes tells the names
 * and a second one gets the nodes. At most about 2 log2(size) of them.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { Frontier, HASH_BYTES, consistencyProof, frontierAt } from '../../protocol/log/merkle.ts';
import { hashesEqual, rootAt, verifyConsistency } from '../../protocol/log/merkle.ts';
import type { Hash, NodeReader } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import type { CustodyHead, CustodyReader, NodeName } from './custody.ts';

const EMPTY = new Uint8Array(HASH_BYTES);

/** `compute` over the nodes of `origin`; it is called twice and must be pure. */
export async function overNodes<T>(
  custody: CustodyReader,
  origin: string,
  compute: (read: NodeReader) => T,
): Promise<T> {
  const names: NodeName[] = [];
  compute((level, position) => {
    names.push({ level, position });
    return EMPTY;
  });
  const nodes = await custody.nodes(origin, names);
  let next = 0;
  return compute(() => must(nodes[next++], 'both passes read the same nodes'));
}

/**
 * The root of the first `size` entries, proven to be a prefix of `head`: whoever is refused or
 * accused by it, and whoever is given it signed, must not pay for damaged nodes. Throws
 * `HQ_CUSTODY_DAMAGED`.
 */
export async function heldRootAt(
  custody: CustodyReader,
  { origin, size: second, root: secondRoot }: CustodyHead,
  size: number,
): Promise<Hash> {
  const firstRoot = await overNodes(custody, origin, (read) => rootAt(size, read));
  if (size === 0) return firstRoot;
  const proof = await overNodes(custody, origin, (read) => consistencyProof(size, second, read));
  const claim = { first: size, second, firstRoot, secondRoot, proof };
  if (verifyConsistency(claim)) return firstRoot;
  throw nodesDamaged({ origin, size });
}

/** What a log is extended from. Throws `HQ_CUSTODY_DAMAGED`. */
export async function headFrontier(
  custody: CustodyReader,
  { origin, size, root }: Pick<CustodyHead, 'origin' | 'size' | 'root'>,
): Promise<Frontier> {
  const nodes = await overNodes(custody, origin, (read) => frontierAt(size, read));
  const frontier = new Frontier(size, nodes);
  if (hashesEqual(frontier.root(), root)) return frontier;
  throw nodesDamaged({ origin, size });
}

export function nodesDamaged({ origin, size }: { origin: string; size: number }): TillgateError {
  return new TillgateError(
    'HQ_CUSTODY_DAMAGED',
    `The tree of the first ${size} entries of ${origin} does not lead to the root that was kept.`,
  );
}
