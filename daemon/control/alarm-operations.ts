/** Clearing alarms, as a command asks for it. */
import type { Alarm, AlarmBook } from '../../platform/alarms.ts';
import { TillgateError } from '../../protocol/errors.ts';

/** Clears the alarms that `which` names: an id, a code, or `all`. Throws `ALARM_UNKNOWN`. */
export function clearAlarms(alarms: AlarmBook, which: string): Alarm[] {
  if (which === 'all') return alarms.list().flatMap(({ id }) => alarms.clear(id));
  const cleared = alarms.clear(which);
  if (cleared.length > 0) return cleared;
  throw new TillgateError('ALARM_UNKNOWN', `There is no alarm ${JSON.stringify(which)}.`);
}
