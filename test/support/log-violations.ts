/** What single entries, blobs and heads of a log can have wrong, in sentences. */
import { readStoredHead } from '../../daemon/signing/stored-head.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import type { FileReader } from '../../hq/custody/files/file-reader.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { blobHash, decodeEntry } from '../../protocol/log/entry.ts';
import type { EntryHeader } from '../../protocol/log/entry.ts';
import { hashesEqual, leafHash, rootAt } from '../../protocol/log/merkle.ts';

const SAMPLE_ENTRIES = 64;

/** A stored head never says more than the log holds, and nothing else than it holds. */
export function headViolations(reader: LedgerReader, file: string, what: string): string[] {
  const head = readStoredHead(file);
  if (head === undefined) return [];
  if (head.size > reader.size()) return [`${what} is at ${head.size}, the log at ${reader.size()}`];
  const isSame = hashesEqual(head.root, rootAt(head.size, reader.node));
  return isSame ? [] : [`${what} at ${head.size} has another root than the log`];
}

export function blobViolations(header: EntryHeader, reader: LedgerReader): string[] {
  if (header.body.at !== 'blob') return [];
  const blob = reader.blob(header.index);
  if (blob === undefined) return [`the blob of entry ${header.index} is missing`];
  const isSame = encodeBase64(blobHash(blob.salt, blob.bytes)) === header.body.sha256;
  return isSame ? [] : [`the blob of entry ${header.index} is another one`];
}

export async function entryViolations(kept: {
  reader: LedgerReader;
  custody: FileReader;
  index: number;
  leaf: Uint8Array;
  isCosigned: boolean;
}): Promise<string[]> {
  const { reader, custody, index, leaf, isCosigned } = kept;
  const own = reader.entry(index);
  if (own === undefined || !Buffer.from(own).equals(leaf)) {
    return [`headquarters' entry ${index} is not the gateway's`];
  }
  const { header } = decodeEntry(leaf);
  if (header.body.at !== 'blob') return [];
  const blob = await custody.blob(reader.origin, index);
  // A blob is durable before headquarters cosigns above its entry, and not long before that.
  if (blob === undefined && !isCosigned) return [];
  if (blob === undefined) return [`headquarters cosigned entry ${index} and lacks its blob`];
  return encodeBase64(blob.sha256) === header.body.sha256
    ? []
    : [`headquarters' blob of entry ${index} is another one`];
}

/** Entries of earlier looks, spread over the whole: an old page may be torn too. */
export function sampleViolations(reader: LedgerReader, known: number): string[] {
  const step = Math.max(1, Math.floor(known / SAMPLE_ENTRIES));
  const violations: string[] = [];
  for (let index = 0; index < known; index += step) {
    const leaf = reader.entry(index);
    if (leaf === undefined || !hashesEqual(leafHash(leaf), reader.node(0, index))) {
      violations.push(`entry ${index} is missing or changed`);
    }
  }
  return violations;
}
