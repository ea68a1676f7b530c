/**
 * Private Ed25519 keys at rest: PKCS#8 PEM (RFC 8410), made with O_EXCL so that no key is ever
 * overwritten, mode 0600, and refused when anybody else could read them. The key never leaves this
 * process as bytes: callers get a KeyObject.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import { TillgateError } from '../../protocol/errors.ts';
import { createFileDurably, makeDirectoryDurably } from '../durable/atomic-file.ts';
import { errnoOf } from '../durable/errno.ts';
import { readSecretFile } from './secret-file.ts';

const KEY_FILE_MODE = 0o600;
/** Length of the fixed SubjectPublicKeyInfo head before the 32 key bytes (RFC 8410). */
const SPKI_HEAD_BYTES = 12;

/** Makes a new key; `KEY_FILE_EXISTS` when the file is already there. */
export function createEd25519KeyFile(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  makeDirectoryDurably(dirname(path), 0o700);
  try {
    createFileDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: KEY_FILE_MODE,
    });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    throw new TillgateError('KEY_FILE_EXISTS', `${path} exists already and is never overwritten.`, {
      cause: error,
    });
  }
  return privateKey;
}

/**
 * Reads a key. Throws `KEY_FILE_MISSING`, `KEY_FILE_PERMISSIONS` when group or others have any
 * right to it, or `KEY_FILE_INVALID` when it is no Ed25519 private key.
 */
export function readEd25519KeyFile(path: string): KeyObject {
  return parseKey(path, readSecretFile(path));
}

function parseKey(path: string, pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new TillgateError('KEY_FILE_INVALID', `${path} holds no readable private key.`, {
      cause: error,
    });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new TillgateError(
      'KEY_FILE_INVALID',
      `${path} holds a key of type ${key.asymmetricKeyType ?? 'unknown'}, not Ed25519.`,
    );
  }
  return key;
}

/** The 32 bytes of the public key that belongs to `key` (private or public). */
export function ed25519PublicKeyBytes(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return new Uint8Array(spki.subarray(SPKI_HEAD_BYTES));
}
