/**
 * Whether an enrolment document is for this gateway: its admission, signed by one of the feed keys
 * that it pins, admits this log under this key. Whoever installs the document has to have got it
 * from headquarters: it is the trust anchor, so nothing above it can check its keys.
 */
import { isTillgateError, TillgateError } from '../../protocol/errors.ts';
import { decodeVkey, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { admittedVkey, openAdmission } from '../../protocol/replication/admission.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';

/** Throws `ENROLMENT_INVALID` with the reason when it does not admit `origin` under `vkey`. */
export function checkEnrolment(enrolment: Enrolment, origin: string, vkey: string): void {
  const feedKeys = enrolment.hqKeys.filter((key) => decodeVkey(key).type === KEY_TYPE_ED25519);
  if (feedKeys.length === 0) throw invalid('its hqKeys hold no key that signs admissions (type 1)');
  let admitted: string | undefined;
  try {
    admitted = admittedVkey(openAdmission(enrolment.admission, feedKeys), origin);
  } catch (error) {
    if (!isTillgateError(error) || error.code === 'INTERNAL') throw error;
    throw invalid(`its admission does not hold (${error.message})`);
  }
  if (admitted === undefined) throw invalid(`it is for ${enrolment.origin}, not for ${origin}`);
  if (admitted !== vkey) throw invalid('it admits another key than the one of this gateway');
}

const invalid = (reason: string): TillgateError =>
  new TillgateError('ENROLMENT_INVALID', `The enrolment document cannot be used: ${reason}.`);
