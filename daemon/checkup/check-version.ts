/** Which release is installed, and whether that is the one that runs. */
import { ok, warning, type CheckFinding } from './check-finding.ts';

export interface VersionReading {
  installed: string;
  node: string;
  /** Of the running daemon; null while none runs. */
  running: string | null;
  /** The program that the daemon was started from was replaced meanwhile. */
  isProgramReplaced: boolean;
}

export function checkVersion(read: VersionReading): CheckFinding[] {
  const { installed, node, running, isProgramReplaced } = read;
  const details = { installed, node, running };
  if (running !== null && running !== installed) {
    const message = `Tillgate ${installed} is installed, and ${running} is running.`;
    return [warning('version', 'DAEMON_OUTDATED', { message, details })];
  }
  if (isProgramReplaced) {
    const message = 'Node was replaced since the gateway was started.';
    return [warning('version', 'DAEMON_OUTDATED', { message, details })];
  }
  return [ok('version', `Tillgate ${installed} on Node ${node}`, details)];
}
