/**
 * The enrolment document: what headquarters hands to a gateway so that the two know each other. It
 * is a secret, because it carries the password of the uplink. `admission` is what makes it HQ's: a
 * note signed by HQ's feed key over the log's origin and verifier key.
 *
 * Whoever reads the document has to have got it from HQ: it is the trust anchor, so nothing above
 * it can check `hqKeys`.
 */
import { TillgateError, isTillgateError } from '../errors.ts';
import { decodeVkey, KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../log/verifier-key.ts';
import { admittedVkey, openAdmission } from './admission.ts';

export type Enrolment = {
  /** The log that is admitted, at the time of enrolling. */
  origin: string;
  /** Where HQ's broker is: `mqtt://host:port` and the like. */
  hqUrl: string;
  username: string;
  password: string;
  /** HQ's verifier keys: at least one of type 0x04 (durable) and one of type 0x01 (feed). */
  hqKeys: string[];
  /** The signed admission note. */
  admission: string;
};

const HQ_URL = /^(mqtts?|wss?):\/\/[^\s/]+/;

/** Reads the document; unknown members are let be. Throws `ENROLMENT_INVALID` naming the member that is wrong. */
export function parseEnrolment(text: string): Enrolment {
  const value = parsed(text);
  const { origin, hqUrl, username, password, hqKeys, admission } = value;
  const keys = Array.isArray(hqKeys) ? hqKeys.filter((key) => typeof key === 'string') : [];
  if (keys.length === 0) throw invalid('hqKeys is not a list of verifier keys');
  const enrolment = {
    origin: required(origin, 'origin'),
    hqUrl: required(hqUrl, 'hqUrl'),
    username: required(username, 'username'),
    password: required(password, 'password'),
    hqKeys: keys,
    admission: required(admission, 'admission'),
  };
  if (!HQ_URL.test(enrolment.hqUrl)) throw invalid('hqUrl is not an mqtt, mqtts, ws or wss URL');
  return enrolment;
}

/**
 * Checks that the document admits the log `origin` whose verifier key is `vkey`. Throws
 * `ENROLMENT_INVALID` with the reason.
 */
export function checkEnrolment(enrolment: Enrolment, origin: string, vkey: string): void {
  const types = enrolment.hqKeys.map(keyType);
  if (!types.includes(KEY_TYPE_COSIGNATURE)) throw invalid('hqKeys has no key that cosigns');
  const feedKeys = enrolment.hqKeys.filter((_, at) => types[at] === KEY_TYPE_ED25519);
  if (feedKeys.length === 0) throw invalid('hqKeys has no key that signs admissions');
  let admitted: string | undefined;
  try {
    admitted = admittedVkey(openAdmission(enrolment.admission, feedKeys), origin);
  } catch (error) {
    if (!isTillgateError(error)) throw error;
    throw invalid(`its admission does not hold: ${error.message}`);
  }
  if (admitted === undefined) throw invalid(`it is for ${enrolment.origin}, not for ${origin}`);
  if (admitted !== vkey) throw invalid('it admits another key than the one of this gateway');
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('it is not a JSON object');
  }
  return value as Record<string, unknown>;
}

function required(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(`${member} is missing or not text`);
  return value;
}

function keyType(vkey: string): number {
  try {
    return decodeVkey(vkey).type;
  } catch (error) {
    if (!isTillgateError(error)) throw error;
    throw invalid(`hqKeys has one that is none: ${error.message}`);
  }
}

const invalid = (reason: string): TillgateError =>
  new TillgateError('ENROLMENT_INVALID', `The enrolment document cannot be used: ${reason}.`);
