/** What a leaf says as an anchor, so that it is found again as one. */
import type { EntryDraft } from '../ledger/ledger-port.ts';
import { readHeader } from '../ledger/reply.ts';

export function anchorOf(leaf: Uint8Array): Pick<EntryDraft, 'anchor'> {
  const { kind, size, timeSeconds } = readHeader(leaf);
  if (kind !== 'anchor' || typeof size !== 'number' || typeof timeSeconds !== 'number') return {};
  return { anchor: { size, timeSeconds } };
}
