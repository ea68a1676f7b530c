/** `tillgate doctor`: how a whole installation is, with the daemon running or not. Changes nothing. */
import { gatewayPaths } from '../../config/paths.ts';
import type { CheckFinding } from '../checkup/check-finding.ts';
import { surveyInstallation } from '../checkup/survey.ts';
import type { GatewayAccess } from './with-gateway.ts';

/** As `--json` says it; members are only ever added. */
export interface Checkup {
  /** Nothing has failed. */
  ok: boolean;
  checks: CheckFinding[];
}

/** Throws what other commands throw where there is no home, or this user may not read it. */
export async function examineInstallation({ home, clock }: GatewayAccess): Promise<Checkup> {
  const paths = gatewayPaths(home);
  const checks = await surveyInstallation({ paths, isSystemHome: home === undefined, clock });
  return { ok: checks.every(({ state }) => state !== 'failed'), checks };
}

export type { CheckFinding } from '../checkup/check-finding.ts';
