/** Tells people of a second copy of this gateway, each thing once. */
import type { AlarmBook } from '../../platform/alarms.ts';
import type { UplinkEvent } from '../uplink/uplink-status.ts';
import { forkText, secondCopyText } from './next-opening.ts';
import type { TwinBook } from './twin-book.ts';

/** True when the event is news of the other copy, or none, and asks nothing of this log. */
export function tellOfSecondCopy(
  event: UplinkEvent,
  { twins, alarms }: { twins: TwinBook; alarms: Pick<AlarmBook, 'raise'> },
): boolean {
  if (event.type === 'forked') {
    const where = `within its first ${event.size} entries`;
    if (twins.knows(event.note)) return true;
    alarms.raise('LOG_FORKED', forkText(event.origin, where));
    twins.learn(event.note);
    return true;
  }
  if (event.type !== 'superseded') return false;
  const later = event.by.origin;
  if (twins.knows(later)) return true;
  if (!event.isLive) return false;
  alarms.raise('LOG_FORKED', secondCopyText(event.origin, later));
  twins.learn(later);
  return true;
}
