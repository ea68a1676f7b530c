/**
 * Lets the synchronous tree functions work on nodes that are read asynchronously. Which nodes they
 * read depends on sizes only, never on hashes, so a first pass with empty hashes tells the names
 * and a second one gets the nodes. At most about 2 log2(size) of them.
 */
import { HASH_BYTES } from '../../protocol/log/merkle.ts';
import type { NodeReader } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import type { CustodyReader, NodeName } from './custody.ts';

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
