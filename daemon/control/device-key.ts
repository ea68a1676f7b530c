/**
 * The public key of a device as an operator gives it: PEM with SPKI (RFC 7468) or a JWK (RFC 7517),
 * Ed25519 or P-256. A private key is refused in words, because it should never have left its device.
 */
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { TillgateError } from '../../protocol/errors.ts';
import type { DeviceKey } from '../../protocol/transaction/judgement.ts';

export interface ParsedDeviceKey {
  key: DeviceKey;
  /** Only the members that are part of the thumbprint, in its order (RFC 7638 section 3.2). */
  jwk: Record<string, string>;
}

/** Throws `DEVICE_KEY_INVALID` with what is wrong. */
export async function parseDeviceKey(text: string): Promise<ParsedDeviceKey> {
  const publicKey = text.trimStart().startsWith('{') ? fromJwk(text) : fromPem(text);
  const alg = algorithmOf(publicKey);
  const exported = publicKey.export({ format: 'jwk' });
  const { crv = '', kty = '', x = '', y } = exported;
  const jwk = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  const kid = await calculateJwkThumbprint(jwk, 'sha256');
  const spki = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return { key: { kid, alg, spki }, jwk };
}

function fromPem(text: string): KeyObject {
  if (text.includes('PRIVATE KEY')) throw isPrivate();
  return readable(() => createPublicKey({ key: text, format: 'pem' }));
}

function fromJwk(text: string): KeyObject {
  return readable(() => {
    const jwk = JSON.parse(text) as Record<string, unknown>;
    if (jwk['d'] !== undefined) throw isPrivate();
    return createPublicKey({ key: jwk, format: 'jwk' });
  });
}

function readable(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (error) {
    if (error instanceof TillgateError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TillgateError('DEVICE_KEY_INVALID', `The key cannot be read: ${reason}.`, {
      cause: error,
    });
  }
}

function algorithmOf(key: KeyObject): DeviceKey['alg'] {
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return 'ES256';
  const found = [key.asymmetricKeyType, curve].filter((part) => part !== undefined).join(' ');
  throw new TillgateError(
    'DEVICE_KEY_INVALID',
    `The key is of type ${found}; only Ed25519 and P-256 are taken.`,
  );
}

const isPrivate = (): TillgateError =>
  new TillgateError('DEVICE_KEY_INVALID', 'That is a private key; the device keeps it to itself.', {
    hint: 'openssl pkey -in private.pem -pubout -out public.pem',
  });
