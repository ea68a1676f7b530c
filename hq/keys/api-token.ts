/**
 * The token of those who may write over headquarters' API: made once, for its owner only, beside the
 * keys. Whoever should write gets it from that file; a new one is made when the file is removed and
 * headquarters started again.
 */
import { randomBytes } from 'node:crypto';
import type { HqPaths } from '../../config/paths.ts';
import { createFileDurably, readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { readSecretFile } from '../../platform/keys/secret-file.ts';
import { TillgateError } from '../../protocol/errors.ts';

const TOKEN_BYTES = 32;
const TOKEN = /^[!-~]{32,512}$/;

/** Makes it where it is missing. Throws `KEY_FILE_PERMISSIONS` or `KEY_FILE_INVALID`. */
export function openApiToken({ apiTokenFile }: HqPaths): string {
  if (readFileIfPresent(apiTokenFile) === undefined) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    createFileDurably(apiTokenFile, `${token}\n`, { mode: 0o600 });
  }
  const token = readSecretFile(apiTokenFile);
  if (TOKEN.test(token)) return token;
  const message = `${apiTokenFile} does not hold a token of 32 or more printable characters.`;
  throw new TillgateError('KEY_FILE_INVALID', message);
}
