/**
 * The public keys that devices sign with: Ed25519, or ECDSA on P-256. A key is named by its RFC
 * 7638 thumbprint, so two ways of writing the same key are the same key.
 */
import { createPublicKey, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { TillgateError } from '../errors.ts';
import { canonicalJson } from '../json/canonical.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json } from '../json/json-value.ts';
import type { DeviceKey } from './judgement.ts';

/**
 * Reads a public key from PEM (SPKI) or JWK text. Throws `DEVICE_KEY_INVALID` for a private key, a
 * key of another kind, or text that is no key.
 */
export function readDeviceKey(text: string): DeviceKey {
  const key = devicePublicKey(text);
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  // RFC 7638 section 3.2 and RFC 8037 section 2: the required members only, in canonical order.
  const required = { kty, crv, x, ...(y === undefined ? {} : { y }) } as Record<string, Json>;
  const kid = hash('sha256', canonicalJson(required), 'base64url');
  return { kid, alg: kty === 'OKP' ? 'Ed25519' : 'ES256', spki: text.trim() };
}

/** The key object of PEM or JWK text; throws as `readDeviceKey` does. */
export function devicePublicKey(text: string): KeyObject {
  const key = importKey(text.trim());
  const kind = key.asymmetricKeyType;
  const isEd25519 = kind === 'ed25519';
  const isP256 = kind === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (isEd25519 || isP256) return key;
  throw new TillgateError(
    'DEVICE_KEY_INVALID',
    `A key of type ${kind ?? 'secret'} cannot be used.`,
  );
}

function importKey(text: string): KeyObject {
  try {
    if (!text.startsWith('{')) {
      if (!text.startsWith('-----BEGIN PUBLIC KEY-----'))
        throw refusal('It is not a PEM public key.');
      return createPublicKey({ key: text, format: 'pem' });
    }
    const jwk = JSON.parse(text) as Json;
    if (!isJsonObject(jwk)) throw refusal('It is not a JWK.');
    // Node would quietly derive the public half; the owner should know what was handed over.
    if ('d' in jwk || jwk['kty'] === 'oct') throw refusal('It is a private or secret key.');
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    if (error instanceof TillgateError) throw error;
    throw new TillgateError('DEVICE_KEY_INVALID', 'The text is no key that can be read.', {
      cause: error,
    });
  }
}

function refusal(reason: string): TillgateError {
  return new TillgateError('DEVICE_KEY_INVALID', reason);
}
