/** A secret of its owner's alone: refused when anybody else could read it. */
import { statSync } from 'node:fs';
import { TillgateError } from '../../protocol/errors.ts';
import { readFileIfPresent } from '../durable/atomic-file.ts';

/** Its text without the end of the line; throws `KEY_FILE_MISSING` or `KEY_FILE_PERMISSIONS`. */
export function readSecretFile(path: string): string {
  const content = readFileIfPresent(path);
  if (content === undefined) {
    throw new TillgateError('KEY_FILE_MISSING', `${path} is not there.`);
  }
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new TillgateError(
      'KEY_FILE_PERMISSIONS',
      `${path} has mode 0${mode.toString(8)}; only its owner may have any right to it.`,
      { hint: `chmod 600 ${path}` },
    );
  }
  return Buffer.from(content).toString().trim();
}
