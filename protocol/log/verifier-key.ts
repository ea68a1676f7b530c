/**
 * Verifier keys of signed notes: `<name>+<key id, 8 hex digits>+<base64(type ‖ public key)>`
 * (c2sp.org/signed-note). Types here: 0x01 Ed25519, 0x04 Ed25519 cosignature. The key id is the
 * first four bytes of SHA-256(name ‖ LF ‖ type ‖ public key): a hint, never trusted by itself.
 */
import { createPublicKey, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { TillgateError } from '../errors.ts';

export const KEY_TYPE_ED25519 = 0x01;
export const KEY_TYPE_COSIGNATURE = 0x04;
export type KeyType = typeof KEY_TYPE_ED25519 | typeof KEY_TYPE_COSIGNATURE;

export interface VerifierKey {
  readonly name: string;
  readonly type: KeyType;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** 32 bytes, raw. */
  readonly publicKey: Uint8Array;
  readonly vkey: string;
  readonly keyObject: KeyObject;
}

const PUBLIC_KEY_BYTES = 32;
/** An origin is at most 253 + 3 × 33 + 20 characters; the rest is room for other people's names. */
export const KEY_NAME_CHARACTERS_MAX = 1_024;

/** Non-empty, no Unicode space, no plus sign, no control character. */
export function isKeyName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= KEY_NAME_CHARACTERS_MAX &&
    name.isWellFormed() &&
    // White space of Unicode and U+0085, which Go counts as space and `\s` does not.
    !/[\s+\u0085\p{Cc}]/u.test(name)
  );
}

export function noteKeyId(name: string, type: KeyType, publicKey: Uint8Array): Uint8Array {
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), publicKey]);
  return new Uint8Array(hash('sha256', input, 'buffer').subarray(0, 4));
}

/** `publicKey` is the raw 32-byte Ed25519 key. */
export function encodeVkey(name: string, type: KeyType, publicKey: Uint8Array): string {
  const id = Buffer.from(noteKeyId(name, type, publicKey)).toString('hex');
  return `${name}+${id}+${Buffer.concat([Buffer.from([type]), publicKey]).toString('base64')}`;
}

/** Throws `LOG_KEY_INVALID` with what is wrong. */
export function decodeVkey(vkey: string): VerifierKey {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  const [name, idHex, encoded] = [match?.[1], match?.[2], match?.[3]];
  if (name === undefined || idHex === undefined || encoded === undefined || !isKeyName(name)) {
    throw invalidKey(vkey, 'it is not NAME+KEYID+BASE64');
  }
  const bytes = decodeBase64(encoded);
  const type = bytes?.[0];
  if (bytes?.length !== 1 + PUBLIC_KEY_BYTES) {
    throw invalidKey(vkey, 'its key is not 33 bytes of base64');
  }
  if (type !== KEY_TYPE_ED25519 && type !== KEY_TYPE_COSIGNATURE) {
    throw invalidKey(vkey, `its type ${String(type)} is neither 1 (Ed25519) nor 4 (cosignature)`);
  }
  const publicKey = bytes.subarray(1);
  const keyId = noteKeyId(name, type, publicKey);
  if (Buffer.from(keyId).toString('hex') !== idHex) {
    throw invalidKey(vkey, 'its key id does not belong to its name and key');
  }
  return { name, type, keyId, publicKey, vkey, keyObject: ed25519PublicKey(publicKey) };
}

/** The key object of a raw 32-byte Ed25519 public key. */
export function ed25519PublicKey(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function invalidKey(vkey: string, reason: string): TillgateError {
  return new TillgateError(
    'LOG_KEY_INVALID',
    `The verifier key ${JSON.stringify(vkey.slice(0, 200))} cannot be used: ${reason}`,
  );
}
