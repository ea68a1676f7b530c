/** Whether the private keys are there and secret, and the log's key is the one that headquarters knows. */
import type { TillgateError } from '../../protocol/errors.ts';
import { failed, failedBy, ok, type CheckFinding } from './check-finding.ts';

export interface KeysReading {
  logKeyFile: string;
  /** Why the log's key cannot be used. */
  logKeyError: TillgateError | undefined;
  /** Another key signed the log's newest head. */
  isOtherKey: boolean;
  /** Why the enrolment cannot be used, or does not fit the key. */
  enrolmentError: TillgateError | undefined;
  /** Secrets beside the log's key, with their permission bits. */
  secrets: readonly { path: string; mode: number }[];
}

const OF_OTHERS = 0o077;

export function checkKeys(read: KeysReading): CheckFinding[] {
  const findings: CheckFinding[] = [];
  if (read.logKeyError !== undefined) findings.push(failedBy('keys', read.logKeyError));
  for (const { path, mode } of read.secrets) {
    if ((mode & OF_OTHERS) === 0) continue;
    const message = `${path} has mode 0${mode.toString(8)}; only its owner may have any right to it.`;
    findings.push(failed('keys', 'KEY_FILE_PERMISSIONS', { message, hint: `chmod go= ${path}` }));
  }
  if (read.isOtherKey) {
    const message = `${read.logKeyFile} is not the key that signed the log's newest head.`;
    const hint =
      'put the right key back from a backup before the next start; else a new epoch begins with this one, and headquarters has to admit it (`tillgate hq store add`)';
    findings.push(failed('keys', 'KEY_FILE_INVALID', { message, hint }));
  }
  if (read.enrolmentError !== undefined) findings.push(failedBy('keys', read.enrolmentError));
  if (findings.length > 0) return findings;
  return [ok('keys', 'there, readable by their owner alone')];
}
