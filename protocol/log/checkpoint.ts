/**
 * Checkpoints (c2sp.org/tlog-checkpoint): a signed note whose text is the head of a log.
 *
 *     origin LF
 *     size, decimal without leading zeros LF
 *     base64 of the root LF
 *
 * A Tillgate checkpoint has exactly these three lines: extension lines, which the specification
 * discourages, are refused, so that a text is determined by origin, size and root.
 */
import { TillgateError } from '../errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { HASH_BYTES } from './merkle.ts';
import type { Hash } from './merkle.ts';
import { verifyNote } from './note.ts';
import type { VerifiedSignature } from './note.ts';
import { KEY_TYPE_ED25519, isKeyName } from './verifier-key.ts';
import type { VerifierKey } from './verifier-key.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export interface OpenedCheckpoint extends Checkpoint {
  /** The signed text, ends with LF. */
  readonly text: string;
  readonly signatures: readonly VerifiedSignature[];
}

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/** The text to sign; ends with LF. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${encodeBase64(checkpoint.root)}\n`;
}

/** Throws `LOG_CHECKPOINT_INVALID` unless `formatCheckpoint` could have written `text`. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const [origin, sizeText, rootText] = lines;
  if (lines.length !== 4 || lines[3] !== '' || origin === undefined || !isKeyName(origin)) {
    throw invalid('it is not origin, size and root on a line each');
  }
  const size = Number(sizeText);
  if (sizeText === undefined || !SIZE.test(sizeText) || !Number.isSafeInteger(size)) {
    throw invalid('its size is not a decimal number below 2^53');
  }
  const root = rootText === undefined ? undefined : decodeBase64(rootText);
  if (root?.length !== HASH_BYTES) throw invalid('its root is not 32 bytes of base64');
  return { origin, size, root };
}

/**
 * Verifies a signed checkpoint. Throws as `verifyNote` and `parseCheckpoint` do. It does not ask
 * who signed: see `isSignedByLog`, and the cosignatures among `signatures`.
 */
export function openCheckpoint(
  note: string,
  vkeys: readonly (string | VerifierKey)[],
): OpenedCheckpoint {
  const { text, signatures } = verifyNote(note, vkeys);
  return { ...parseCheckpoint(text), text, signatures };
}

/** Whether a known Ed25519 key named as the origin, which is the log's own key, signed it. */
export function isSignedByLog(checkpoint: OpenedCheckpoint): boolean {
  return checkpoint.signatures.some(
    (signature) => signature.type === KEY_TYPE_ED25519 && signature.name === checkpoint.origin,
  );
}

function invalid(reason: string): TillgateError {
  return new TillgateError('LOG_CHECKPOINT_INVALID', `The checkpoint is malformed: ${reason}`);
}
