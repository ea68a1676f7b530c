/**
 * A head: what the mirror says it holds. It counts only when a pinned key of the mirror cosigned
 * the checkpoint in it; then it is custody of every entry below `size`.
 */
import { isTillgateError } from '../errors.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { KEY_TYPE_COSIGNATURE } from '../log/verifier-key.ts';
import type { HeadMessage } from './messages.ts';

/** What a pinned key signed; `timeSeconds` is the mirror's clock. */
export type SignedHead = { size: number; root: Uint8Array; timeSeconds: number; note: string };

export type OpenedHead =
  /** `signed` is undefined for a refusal that shows no head. */
  { ok: true; signed: SignedHead | undefined } | { ok: false; detail: string };

/** Checks `head` against the mirror's pinned verifier keys, of which those of type 0x04 count. */
export function openHead(head: HeadMessage, pinnedVkeys: readonly string[]): OpenedHead {
  if (head.note === '') return { ok: true, signed: undefined };
  try {
    const opened = openCheckpoint(head.note, pinnedVkeys);
    const signature = opened.signatures.find(({ type }) => type === KEY_TYPE_COSIGNATURE);
    if (signature?.timeSeconds === undefined)
      return refuse('no pinned durable key signed the head');
    if (opened.origin !== head.origin) return refuse('the head is of another log');
    if (opened.size !== head.size) return refuse('the head announces another size than it signs');
    const { size, root } = opened;
    return {
      ok: true,
      signed: { size, root, timeSeconds: signature.timeSeconds, note: head.note },
    };
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return refuse(error.message);
    throw error;
  }
}

function refuse(detail: string): OpenedHead {
  return { ok: false, detail };
}
