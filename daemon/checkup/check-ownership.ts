/**
 * Whether the service's user owns what it writes: one command that was run as another user leaves files
 * that the gateway cannot open at its next start.
 */
import { may, READ, WRITE, type Account, type Owned } from './account.ts';
import { failed, ok, warning, type CheckFinding } from './check-finding.ts';

export interface OwnedPath extends Owned {
  path: string;
}

export interface OwnershipReading {
  /** Who the gateway runs as; undefined where nobody can tell. */
  account: Account | undefined;
  /** Folders and files that are the gateway's alone. */
  own: readonly OwnedPath[];
  /** What it has to read and write, whoever owns it. */
  shared: readonly OwnedPath[];
}

const PATHS_SHOWN_MAX = 3;
const WRITABLE_BY_OTHERS = 0o022;

export function checkOwnership({ account, own, shared }: OwnershipReading): CheckFinding[] {
  if (account === undefined) return [ok('ownership', 'nothing is there yet')];
  const strange = [
    ...own.filter((one) => one.uid !== account.uid),
    ...shared.filter((one) => !may(account, READ | WRITE, one)),
  ].map(({ path }) => path);
  const findings: CheckFinding[] = [];
  if (strange.length > 0) {
    const message = `${account.name} runs the gateway and cannot use ${listed(strange)}.`;
    const hint = `chown -R ${account.name}: ${strange.slice(0, PATHS_SHOWN_MAX).join(' ')}; run commands as \`runuser -u ${account.name} -- tillgate …\``;
    findings.push(failed('ownership', 'FILE_PERMISSIONS', { message, hint, details: { strange } }));
  }
  const open = own.filter(({ mode }) => (mode & WRITABLE_BY_OTHERS) !== 0).map(({ path }) => path);
  if (open.length > 0) {
    const message = `Others than ${account.name} may write ${listed(open)}.`;
    const hint = `chmod -R go-w ${open.slice(0, PATHS_SHOWN_MAX).join(' ')}`;
    findings.push(warning('ownership', 'FILE_PERMISSIONS', { message, hint, details: { open } }));
  }
  if (findings.length > 0) return findings;
  return [ok('ownership', `all of it belongs to ${account.name}`)];
}

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, PATHS_SHOWN_MAX).join(', ');
  const more = paths.length - PATHS_SHOWN_MAX;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
