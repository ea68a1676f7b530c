/** Whether the small files beside the ledger can be read. */
import type { TillgateError } from '../../protocol/errors.ts';
import { failedBy, ok, told, type CheckFinding } from './check-finding.ts';

export interface FileReading {
  path: string;
  /** Why it cannot be used; undefined where it can, or is not there and need not be. */
  error: TillgateError | undefined;
  /** What follows from it. */
  follows: string;
  /** The gateway cannot start with it. */
  isNeeded: boolean;
}

export function checkFiles(files: readonly FileReading[]): CheckFinding[] {
  const findings = files.flatMap(({ path, error, follows, isNeeded }) => {
    if (error === undefined) return [];
    const finding = failedBy('files', error);
    const names = finding.message.includes(path) ? '' : `${path}: `;
    const message = `${names}${finding.message} (${follows})`;
    const said = { message, hint: error.hint };
    return [isNeeded ? { ...finding, message } : told('files', error.code, said)];
  });
  return findings.length > 0
    ? findings
    : [ok('files', 'heads, devices, peripherals, alarms are readable')];
}
