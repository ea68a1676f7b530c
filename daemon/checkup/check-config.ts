/** Whether the configuration can be used, and whether the gateway already works with it. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { problemLine, type ConfigReading } from '../../config/loader.ts';
import type { SteeringStatus } from '../steering/start-steering.ts';
import type { Attempt } from './attempt.ts';
import { failed, failedBy, ok, told, warning, type CheckFinding } from './check-finding.ts';

export interface ConfigFacts {
  file: string;
  reading: Attempt<ConfigReading<GatewayConfig>>;
  /** Permission bits; undefined where the file is not there. */
  mode: number | undefined;
  /** What the running daemon makes of it; null while none runs. */
  steering: SteeringStatus | null;
}

const WRITABLE_BY_ALL = 0o002;

export function checkConfig(read: ConfigFacts): CheckFinding[] {
  const findings = [...fileFindings(read), ...steeringFindings(read.steering)];
  return findings.length > 0 ? findings : [ok('config', `${read.file} is valid`)];
}

function fileFindings({ file, reading, mode = 0 }: ConfigFacts): CheckFinding[] {
  if (!reading.ok) return [failedBy('config', reading.error)];
  const findings: CheckFinding[] = [];
  if (!reading.value.ok) {
    const lines = reading.value.problems.map(problemLine);
    const more = lines.length === 1 ? '' : ` (and ${lines.length - 1} more)`;
    const hint = '`tillgate config check` lists every problem; the gateway does not start with it';
    const said = { message: `${lines[0] ?? file}${more}`, hint, details: { problems: lines } };
    findings.push(failed('config', 'CONFIG_INVALID', said));
  }
  if ((mode & WRITABLE_BY_ALL) !== 0) {
    const message = `Everybody on this machine may write ${file}.`;
    findings.push(warning('config', 'FILE_PERMISSIONS', { message, hint: `chmod o-w ${file}` }));
  }
  return findings;
}

function steeringFindings(steering: SteeringStatus | null): CheckFinding[] {
  if (steering === null) return [];
  const { restartNeeded, refused } = steering.configuration;
  const findings: CheckFinding[] = [];
  if (restartNeeded.length > 0) {
    const message = `Changed, and not in force before a restart: ${restartNeeded.join(', ')}.`;
    const details = { restartNeeded };
    findings.push(warning('config', 'CONFIG_RESTART_NEEDED', { message, details }));
  }
  for (const { key, code, message } of refused) {
    findings.push(told('config', code, `Headquarters says ${key}: ${message}`));
  }
  for (const { collection, id, code, message } of steering.refused) {
    findings.push(told('config', code, `Headquarters says ${collection} ${id}: ${message}`));
  }
  return findings;
}
