/**
 * Verifies custody entry by entry through its reader, for a custody in a database: each leaf against
 * its leaf hash, each node against its children, the root against the head, the blobs that were
 * named, and the newest signatures. Memory stays flat; the database sets the pace.
 */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { Frontier, hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import { hash } from 'node:crypto';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import type { CustodyHead, CustodyReader, IndexedEntry } from './custody.ts';
import { headVerdicts } from './head-verdicts.ts';
import { overNodes } from './merkle-reads.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { CUSTODY_FAULTS_MAX } from './verification.ts';
import type { CustodyFault, CustodyVerification, VerifiedLog } from './verification.ts';

export async function verifyRows(
  custody: CustodyReader,
  options: { durableVkey: string; onProgress?: (entries: number) => void },
): Promise<CustodyVerification> {
  const faults: CustodyFault[] = [];
  const logs: VerifiedLog[] = [];
  let faultCount = 0;
  let entries = 0;
  const note = (fault: CustodyFault): void => {
    faultCount++;
    if (faults.length < CUSTODY_FAULTS_MAX) faults.push(fault);
  };
  for (const head of await custody.heads()) {
    const { origin } = head;
    const frontier = new Frontier();
    for await (const entry of custody.entries(origin, 0, head.size)) {
      if (entry.index !== frontier.size) break;
      await verifyEntry(custody, { entry, frontier, origin, note });
      entries++;
      if (entries % 1_000 === 0) options.onProgress?.(entries);
    }
    const root = encodeBase64(frontier.root());
    if (frontier.size !== head.size) {
      note({ origin, index: frontier.size, message: 'The entry is missing' });
    } else if (root !== encodeBase64(head.root)) {
      note({ origin, index: head.size - 1, message: 'The entries do not lead to the root kept' });
    }
    logs.push(await verifyHead(custody, { head, root, durableVkey: options.durableVkey, note }));
  }
  return { valid: faultCount === 0, entries, logs, faults, faultCount };
}

async function verifyEntry(
  custody: CustodyReader,
  at: {
    entry: IndexedEntry;
    frontier: Frontier;
    origin: string;
    note: (fault: CustodyFault) => void;
  },
): Promise<void> {
  const { entry, frontier, origin, note } = at;
  const { index, leaf, nodes } = entry;
  const computed = leafHash(leaf);
  const stored = nodes[0] ?? computed;
  if (!hashesEqual(stored, computed)) {
    note({ origin, index, message: 'The leaf does not have the leaf hash kept with it' });
  }
  const completed = frontier.append(stored);
  const isSame = completed.every((node, level) => hashesEqual(node, nodes[level] ?? leaf));
  if (!isSame || completed.length !== nodes.length) {
    note({ origin, index, message: 'A tree node kept with the entry is not that of its children' });
  }
  const blob = blobNeededBy(leaf, index);
  if (blob === undefined) return;
  const held = await custody.blob(origin, index);
  const sha256 = held === undefined ? undefined : hash('sha256', held.bytes, 'base64');
  if (sha256 !== blob.sha256) {
    note({ origin, index, message: 'The blob that the entry names is missing or changed' });
  }
}

async function verifyHead(
  custody: CustodyReader,
  at: {
    head: CustodyHead;
    root: string;
    durableVkey: string;
    note: (fault: CustodyFault) => void;
  },
): Promise<VerifiedLog> {
  const { head, root, durableVkey, note } = at;
  const { origin, size, cosigned } = head;
  const ends = new Map<number, string>();
  const cosignedSize =
    cosigned === null ? undefined : parseCheckpoint(parseNote(cosigned).text).size;
  if (cosignedSize !== undefined && cosignedSize <= size) {
    const read = await overNodes(custody, origin, (node) => rootAt(cosignedSize, node));
    ends.set(cosignedSize, encodeBase64(read));
  }
  const verdicts = headVerdicts({ ...head, root, ends }, durableVkey);
  for (const [what, verdict] of Object.entries(verdicts)) {
    if (verdict === 'fails') {
      note({ origin, index: size - 1, message: `The newest ${what} does not hold` });
    }
  }
  return { origin, size, root, ...verdicts };
}
