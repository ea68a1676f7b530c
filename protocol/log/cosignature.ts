/**
 * Cosignatures (c2sp.org/tlog-cosignature, Ed25519, type 0x04): another party's statement, with a
 * time, over the text of a checkpoint. In Tillgate the one of headquarters' durable key says: "I
 * hold every entry below this size on stable storage".
 */
import { assert } from '../must.ts';
import { formatSignatureLine, verifyNote } from './note.ts';
import type { Note, NoteSigner } from './note.ts';
import { KEY_TYPE_COSIGNATURE } from './verifier-key.ts';
import type { VerifierKey } from './verifier-key.ts';

export interface Cosignature {
  readonly name: string;
  readonly timeSeconds: number;
}

/** The signature line, with its LF, to append to a note over `checkpointText`. */
export function cosign(checkpointText: string, signer: NoteSigner, timeSeconds: number): string {
  assert(signer.type === KEY_TYPE_COSIGNATURE, 'a cosigner has a key of type 0x04');
  assert(Number.isSafeInteger(timeSeconds) && timeSeconds >= 0, 'a cosigning time is in seconds');
  return formatSignatureLine({ ...signer, signature: signer.sign(checkpointText, timeSeconds) });
}

/**
 * What the cosigner `vkey` said in `note`. Throws as `verifyNote` does, so also when that key did
 * not sign. The latest one counts when it signed more than once.
 */
export function verifyCosignature(note: string, vkey: string | VerifierKey): Cosignature {
  const { signatures } = verifyNote(note, [vkey]);
  let latest: Cosignature | undefined;
  for (const { name, timeSeconds } of signatures) {
    assert(timeSeconds !== undefined, 'a cosigner has a key of type 0x04');
    if (latest === undefined || timeSeconds > latest.timeSeconds) latest = { name, timeSeconds };
  }
  assert(latest !== undefined, 'a verified note has a signature');
  return latest;
}

/** u64be time and an Ed25519 signature. */
const COSIGNATURE_BYTES = 72;

/** Who says to have cosigned and when, in the order of the lines; nothing is verified. */
export function claimedCosignatures({ signatures }: Pick<Note, 'signatures'>): Cosignature[] {
  return signatures
    .filter(({ signature }) => signature.length === COSIGNATURE_BYTES)
    .map(({ name, signature }) => {
      const time = Buffer.from(signature.buffer, signature.byteOffset).readBigUInt64BE();
      return { name, timeSeconds: Number(time) };
    });
}
