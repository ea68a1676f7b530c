/** Whether the gateway comes up with the machine, and stays up. */
import { ok, warning, failed, type CheckFinding } from './check-finding.ts';
import type { UnitFacts } from './unit-facts.ts';

/** `unit` is undefined where systemd has none, or where the home is not the service's. */
export function checkService(unit: UnitFacts | undefined): CheckFinding[] {
  if (unit === undefined) return [ok('service', 'not run by systemd')];
  const { fileState, activeState, restarts, result, exitStatus } = unit;
  const findings: CheckFinding[] = [];
  const details = { fileState, activeState, restarts, result, exitStatus };
  if (fileState === 'disabled' || fileState === 'masked') {
    const hint =
      fileState === 'masked' ? { hint: '`systemctl unmask tillgate`, then enable it' } : {};
    const message = `tillgate.service is ${fileState}: after a power cut nobody starts it.`;
    findings.push(warning('service', 'SERVICE_DISABLED', { message, ...hint, details }));
  }
  if (activeState === 'failed') {
    const message = `tillgate.service has failed (${result}, exit code ${exitStatus}).`;
    findings.push(failed('service', 'SERVICE_RESTARTING', { message, details }));
  } else if (restarts > 0) {
    const times = restarts === 1 ? 'once' : `${restarts} times`;
    const message = `systemd has started it again ${times} since it was last started by hand or with the machine.`;
    findings.push(warning('service', 'SERVICE_RESTARTING', { message, details }));
  }
  if (findings.length > 0) return findings;
  return [ok('service', `tillgate.service is ${fileState}, ${activeState}`, details)];
}
