/**
 * Compact JWS (RFC 7515) as devices sign transactions: `alg` is the one that belongs to an enrolled
 * key of that device, and nothing in the message chooses the key but `kid`. jose does the
 * cryptography; what stands before it refuses every header that could lead a verifier elsewhere.
 *
 * A reason never speaks of the payload: whoever cannot sign learns nothing about a transaction.
 */
import { createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { JOSEError } from 'jose/errors';
import { compactVerify } from 'jose/jws/compact/verify';
import { isJsonObject } from './json/json-value.ts';
import { parseStrictJson } from './json/strict-json.ts';
import type { DeviceKey } from './transaction/judgement.ts';

export type JwsVerdict =
  | { verified: true; payload: Uint8Array; kid: string; alg: string }
  | { verified: false; reason: string };

/** `Ed25519` is RFC 9864's name of what RFC 8037 calls `EdDSA`. */
const KEY_ALG_BY_JWS_ALG: Readonly<Partial<Record<string, DeviceKey['alg']>>> = Object.assign(
  Object.create(null) as object,
  { Ed25519: 'Ed25519', EdDSA: 'Ed25519', ES256: 'ES256' } as const,
);
const REFUSED_HEADERS = ['crit', 'b64', 'jwk', 'jku', 'x5u'] as const;
/** A header of ours is 60 bytes; certificates and the like have no business in it. */
const HEADER_CHARACTERS_MAX = 4_096;
/** Devices of a large store with a few keys each. */
const IMPORTED_KEYS_MAX = 1_024;

const DOT = 0x2e;

/**
 * Tells a JWS from JSON: three runs of base64url with two dots, which no JSON text can be, or a
 * text that begins as every JOSE header does.
 */
export function looksLikeJws(payload: Uint8Array): boolean {
  if (payload[0] === 0x65 && payload[1] === 0x79 && payload[2] === 0x4a) return true;
  let dots = 0;
  for (const byte of payload) {
    if (byte === DOT) dots += 1;
    else if (!isBase64Url(byte)) return false;
    if (dots > 2) return false;
  }
  return dots === 2;
}

function isBase64Url(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x5f
  );
}

/** Verifies a compact JWS with the live keys of the device that sent it. Never rejects. */
export async function verifyJws(
  jws: Uint8Array,
  deviceKeys: readonly DeviceKey[],
): Promise<JwsVerdict> {
  const chosen = chooseKey(Buffer.from(jws).toString('latin1'), deviceKeys);
  if (typeof chosen === 'string') return { verified: false, reason: chosen };
  const { key, alg } = chosen;
  try {
    const { payload } = await compactVerify(jws, importedKey(key), { algorithms: [alg] });
    return { verified: true, payload, kid: key.kid, alg };
  } catch (error) {
    // jose's own errors are about this message; anything else is the key's or ours.
    const reason =
      error instanceof JOSEError
        ? 'The signature does not verify with the key enrolled for this device.'
        : 'The signature could not be checked with the key enrolled for this device.';
    return { verified: false, reason };
  }
}

/** The enrolled key that the header names, or the reason why there is none. */
function chooseKey(
  text: string,
  deviceKeys: readonly DeviceKey[],
): { key: DeviceKey; alg: string } | string {
  const parts = text.split('.');
  if (parts.length !== 3 || !parts.every(isStrictBase64Url)) {
    return 'A compact JWS is three parts of base64url without padding, joined by dots.';
  }
  const [headerText = ''] = parts;
  if (headerText.length > HEADER_CHARACTERS_MAX) return 'The JWS header is too long.';
  const { value: header, faults } = parseStrictJson(Buffer.from(headerText, 'base64url'));
  if (!isJsonObject(header) || faults.length > 0) return 'The JWS header is not one JSON object.';
  const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) return `The JWS header must not have ${refused}.`;
  const { alg, kid } = header;
  const keyAlg = typeof alg === 'string' ? KEY_ALG_BY_JWS_ALG[alg] : undefined;
  if (typeof alg !== 'string' || keyAlg === undefined) {
    return 'The JWS header must have alg Ed25519, EdDSA or ES256.';
  }
  if (kid !== undefined && typeof kid !== 'string') return 'The JWS header must have kid as text.';
  const key = keyFor(kid, deviceKeys);
  if (typeof key === 'string') return key;
  return key.alg === keyAlg ? { key, alg } : 'The alg of the JWS is not that of the enrolled key.';
}

function keyFor(kid: string | undefined, deviceKeys: readonly DeviceKey[]): DeviceKey | string {
  const [first, ...others] = deviceKeys;
  if (first === undefined) return 'No key is enrolled for this device.';
  if (kid !== undefined) {
    const key = deviceKeys.find((candidate) => candidate.kid === kid);
    return key ?? 'The kid of the JWS names no key enrolled for this device.';
  }
  return others.length === 0 ? first : 'This device has several keys, so the JWS must have a kid.';
}

/** Base64url without padding whose unused bits are zero (RFC 4648 sections 3.5 and 5). */
function isStrictBase64Url(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

const importedKeys = new Map<string, KeyObject>();

/** Importing costs as much as verifying, and a till signs with one key all day. */
function importedKey(key: DeviceKey): KeyObject {
  const cached = importedKeys.get(key.spki);
  if (cached !== undefined) return cached;
  const { spki } = key;
  const imported = spki.startsWith('{')
    ? createPublicKey({ key: JSON.parse(spki) as JsonWebKey, format: 'jwk' })
    : createPublicKey(spki);
  if (importedKeys.size >= IMPORTED_KEYS_MAX) importedKeys.clear();
  importedKeys.set(spki, imported);
  return imported;
}
