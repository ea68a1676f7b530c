/**
 * What a note that HQ shows unasked says about a log of this gateway. HQ's word alone is nothing
 * here: each note counts by the signature of this gateway's own key.
 */
import { isSignedByLog, openCheckpoint, parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { hashesEqual, rootAt } from '../../protocol/log/merkle.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import {
  decodeVkey,
  encodeVkey,
  KEY_TYPE_COSIGNATURE,
  KEY_TYPE_ED25519,
} from '../../protocol/log/verifier-key.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { SignedLog } from '../signing/signed-log.ts';

/** The size at which the key of `log` has signed another history than it has. */
export function contradictedAt(log: SignedLog, vkey: string, note: string): number | undefined {
  return unlessInvalid(() => {
    const { origin, size, root } = openCheckpoint(note, [vkey]);
    if (origin !== log.origin || size > log.size()) return undefined;
    return hashesEqual(rootAt(size, log.node), root) ? undefined : size;
  });
}

export type LaterEpoch = { origin: string; size: number; note: string };

/** A later epoch of this gateway, signed under its own key (that of `vkey`) and cosigned by HQ. */
export function laterEpoch(
  log: SignedLog,
  keys: { vkey: string; hqKeys: readonly string[] },
  note: string,
): LaterEpoch | undefined {
  return unlessInvalid(() => {
    const { origin } = parseCheckpoint(parseNote(note).text);
    const { publicKey } = decodeVkey(keys.vkey);
    const own = encodeVkey(origin, KEY_TYPE_ED25519, publicKey);
    const opened = openCheckpoint(note, [own, ...keys.hqKeys]);
    const isCosigned = opened.signatures.some(({ type }) => type === KEY_TYPE_COSIGNATURE);
    if (!isSignedByLog(opened) || !isCosigned) return undefined;
    const [theirs, ours] = [parseOrigin(origin), parseOrigin(log.origin)];
    const isLater = sameGateway(theirs, ours) && theirs.epoch > ours.epoch;
    return isLater ? { origin, size: opened.size, note } : undefined;
  });
}

/** Nobody's word, where it is not signed as it has to be. */
function unlessInvalid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}
