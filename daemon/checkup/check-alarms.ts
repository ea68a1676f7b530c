/** The alarms that stand, each with what to do about it. */
import type { Alarm } from '../../platform/alarms.ts';
import { ok, told, type CheckFinding } from './check-finding.ts';

export function checkAlarms(alarms: readonly Alarm[]): CheckFinding[] {
  if (alarms.length === 0) return [ok('alarms', 'none stands')];
  return alarms.map(({ id, code, message, since, count }) =>
    told('alarms', code, { message: `${message} (${id})`, details: { id, since, count } }),
  );
}
