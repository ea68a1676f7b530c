/**
 * Headquarters' keys: `durable` cosigns heads (type 0x04), `feed` signs admissions (and later
 * feeds), and the uplink secret makes the broker passwords of all gateways. They are all that HQ
 * needs to survive: with nothing but this folder it lets every store in again.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { HqPaths } from '../../config/paths.ts';
import {
  createFileDurably,
  makeDirectoryDurably,
  readFileIfPresent,
} from '../../platform/durable/atomic-file.ts';
import { createEd25519KeyFile, readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import { readSecretFile } from '../../platform/keys/secret-file.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';

const SECRET_BYTES = 32;

export type HqKeys = {
  durable: NoteSigner;
  feed: NoteSigner;
  /** Signs a log that headquarters writes, with the feed key under the log's name. */
  logSigner(origin: string): NoteSigner;
  /** The broker password of a gateway: nothing about it is stored. */
  uplinkPassword(username: string): string;
};

/** Makes all keys; `KEY_FILE_EXISTS` where there is one. */
export function createHqKeys(paths: HqPaths, domain: string): void {
  makeDirectoryDurably(paths.keysDir, 0o700);
  createEd25519KeyFile(paths.durableKeyFile);
  createEd25519KeyFile(paths.feedKeyFile);
  createFileDurably(paths.uplinkSecretFile, `${randomBytes(SECRET_BYTES).toString('base64')}\n`, {
    mode: 0o600,
  });
  createFileDurably(domainFile(paths), `${domain}\n`);
}

/** The domain that the keys were made for: part of their names, so it is kept beside them. */
export function readKeyDomain(paths: HqPaths): string | undefined {
  const content = readFileIfPresent(domainFile(paths));
  return content === undefined ? undefined : Buffer.from(content).toString().trim();
}

const domainFile = (paths: HqPaths): string => join(paths.keysDir, 'domain');

/** Throws `KEY_FILE_MISSING`, `KEY_FILE_PERMISSIONS` or `KEY_FILE_INVALID`. */
export function readHqKeys(paths: HqPaths, domain: string): HqKeys {
  const durable = createNoteSigner({
    name: `${domain}/hq/durable`,
    type: KEY_TYPE_COSIGNATURE,
    privateKey: readEd25519KeyFile(paths.durableKeyFile),
  });
  const feedKey = {
    type: KEY_TYPE_ED25519,
    privateKey: readEd25519KeyFile(paths.feedKeyFile),
  } as const;
  const feed = createNoteSigner({ name: `${domain}/hq/feed`, ...feedKey });
  const secret = readSecret(paths.uplinkSecretFile);
  return {
    ...{ durable, feed },
    logSigner: (origin) => createNoteSigner({ name: origin, ...feedKey }),
    uplinkPassword: (username) => uplinkPassword(secret, username),
  };
}

/** base64url of HMAC-SHA-256 under HQ's secret over the user name, with a word for its purpose. */
export function uplinkPassword(secret: Uint8Array, username: string): string {
  return createHmac('sha256', secret).update(`uplink:${username}`).digest('base64url');
}

function readSecret(path: string): Uint8Array {
  const secret = Buffer.from(readSecretFile(path), 'base64');
  if (secret.length !== SECRET_BYTES) {
    throw new TillgateError('KEY_FILE_INVALID', `${path} does not hold 32 bytes of base64.`);
  }
  return secret;
}
