/** What a later release might write and send: things that this one must keep or pass over. */
import { leafHash } from '../../protocol/log/merkle.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { EntryDraft } from '../../daemon/ledger/ledger-port.ts';

const LF = 0x0a;

/** The same message with header members that nobody knows yet. */
export function withLaterMembers(payload: Uint8Array): Uint8Array {
  const end = payload.indexOf(LF);
  const line = Buffer.from(payload.subarray(0, end)).toString('utf8');
  const header = `${line.slice(0, -1)},"zNew":{"since":2}}`;
  return Buffer.concat([Buffer.from(header), payload.subarray(end)]);
}

/** A control message whose action nobody knows yet. */
export function laterControl(origin: string, round: number): Uint8Array {
  return encodeMessage({ type: 'control', origin, round, action: 'rearrange', evidence: '' });
}

export function isNote(leaf: Uint8Array): boolean {
  return Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).includes('"kind":"note"');
}

/** The entry as a later version, or of a later kind. */
export function asLaterEntry(draft: EntryDraft, isLaterVersion: boolean): EntryDraft {
  const end = draft.leaf.indexOf(LF);
  const line = Buffer.from(draft.leaf.subarray(0, end)).toString('utf8');
  const later = isLaterVersion
    ? line.replace('"v":1}', '"v":2}')
    : line.replace('"kind":"note"', '"kind":"novelty"');
  const leaf = Buffer.concat([Buffer.from(later), draft.leaf.subarray(end)]);
  return { leaf, leafHash: leafHash(leaf) };
}
