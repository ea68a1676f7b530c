/**
 * Whether a leaf is an entry of kind `conflict`, so that it is found again without a scan. Asked of
 * leaves that are already here (sent back, salvaged, of an earlier release); what is written now says
 * so itself. Most leaves are told apart by their bytes, without parsing.
 */
import type { EntryDraft } from './ledger-port.ts';
import { readHeader } from './reply.ts';

const MARK = '"kind":"conflict"';

export function isConflictLeaf(leaf: Uint8Array): boolean {
  if (!Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).includes(MARK)) return false;
  try {
    return readHeader(leaf)['kind'] === 'conflict';
  } catch (error) {
    // A leaf that this release cannot read is kept and says nothing.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export function conflictMark(leaf: Uint8Array): Pick<EntryDraft, 'isConflict'> {
  return isConflictLeaf(leaf) ? { isConflict: true } : {};
}
