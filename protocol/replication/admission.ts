/**
 * HQ's admission of a log: a signed note by HQ's feed key over the log's origin and verifier key.
 * The gateway keeps it and shows it with its checkpoint, so an HQ that forgot every store lets
 * them in again by its own signature.
 *
 *     tillgate-admission/v1
 *     <origin>
 *     <verifier key of the log>
 *
 * An admission also covers the other epochs of the same gateway under the same public key: a gateway
 * that had to begin a new log needs no person at HQ to go on, and one that was enrolled late brings
 * along what it sold before.
 */
import { isTillgateError, TillgateError } from '../errors.ts';
import { signNote, verifyNote, type NoteSigner } from '../log/note.ts';
import { parseOrigin, sameGateway } from '../log/origin.ts';
import { decodeVkey, encodeVkey, KEY_TYPE_ED25519 } from '../log/verifier-key.ts';

/** `vkey` is of type 0x01 and named `origin`. */
export type Admission = { origin: string; vkey: string };

const FORMAT = 'tillgate-admission/v1';

/** The admission as a signed note. Throws `LOG_ADMISSION_INVALID` when key and origin disagree. */
export function signAdmission(admission: Admission, feedSigner: NoteSigner): string {
  check(admission);
  return signNote(`${FORMAT}\n${admission.origin}\n${admission.vkey}\n`, feedSigner);
}

/**
 * What one of the `feedVkeys` signed in `note`. Throws `LOG_NOTE_INVALID` or `LOG_NOTE_SIGNATURE`
 * for the note and `LOG_ADMISSION_INVALID` for its text.
 */
export function openAdmission(note: string, feedVkeys: readonly string[]): Admission {
  const { text } = verifyNote(note, feedVkeys);
  const [format, origin = '', vkey = '', rest, ...more] = text.split('\n');
  if (format !== FORMAT || rest !== '' || more.length > 0) {
    throw invalid('its text is not format, origin and key on a line each');
  }
  check({ origin, vkey });
  return { origin, vkey };
}

/**
 * The verifier key under which `origin` is admitted: the admission's own, or its public key under
 * the name of another epoch of the same gateway. Undefined where it does not cover `origin`.
 */
export function admittedVkey(admission: Admission, origin: string): string | undefined {
  if (origin === admission.origin) return admission.vkey;
  const admitted = parseOrigin(admission.origin);
  const asked = originOrUndefined(origin);
  if (asked === undefined || !sameGateway(admitted, asked)) return undefined;
  return encodeVkey(origin, KEY_TYPE_ED25519, decodeVkey(admission.vkey).publicKey);
}

function check(admission: Admission): void {
  parseOrigin(admission.origin);
  const key = decodeVkey(admission.vkey);
  if (key.name !== admission.origin || key.type !== KEY_TYPE_ED25519) {
    throw invalid(`its key is not an Ed25519 key named ${admission.origin}`);
  }
}

function originOrUndefined(text: string): ReturnType<typeof parseOrigin> | undefined {
  try {
    return parseOrigin(text);
  } catch (error) {
    if (isTillgateError(error, 'LOG_ORIGIN_INVALID')) return undefined;
    throw error;
  }
}

function invalid(reason: string): TillgateError {
  return new TillgateError('LOG_ADMISSION_INVALID', `The admission is malformed: ${reason}`);
}
