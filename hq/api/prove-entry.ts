/**
 * A proof of one entry from custody, which anybody checks with the log's verifier key: a C2SP
 * tlog-proof with the leaf in its `extra` line, over the checkpoint that the origin signed and
 * headquarters cosigned.
 */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { inclusionProof, leafHash } from '../../protocol/log/merkle.ts';
import { formatTlogProof } from '../../protocol/log/tlog-proof.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { overNodes } from '../custody/merkle-reads.ts';
import type { HeadMaker } from '../ingest/head-maker.ts';

export type EntryProof = {
  origin: string;
  index: number;
  size: number;
  /** Base64. */
  leafHash: string;
  verifierKey: string;
  /** The file for `tillgate log check-proof`. */
  text: string;
};

/** `undefined` where custody does not hold that entry. */
export async function proveEntry(
  custody: CustodyReader,
  heads: HeadMaker,
  at: { origin: string; index: number },
): Promise<EntryProof | undefined> {
  const { origin, index } = at;
  const head = await custody.head(origin);
  const entry = await custody.entry(origin, index);
  if (head === undefined || entry === undefined || index >= head.size) return undefined;
  const { size, logVkey } = head;
  const proof = await overNodes(custody, origin, (read) => inclusionProof(index, size, read));
  const { note } = heads.cosigned(head);
  return {
    origin,
    index,
    size,
    leafHash: encodeBase64(leafHash(entry.leaf)),
    verifierKey: logVkey,
    text: formatTlogProof({ index, proof, note, extra: entry.leaf }),
  };
}
