/**
 * Tells people of a second copy of this gateway, each thing once. What headquarters holds of an epoch
 * that the other copy began is wanted here, each time that it is spoken of: those sales may have spent
 * the same grants, and their tills may come here next.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import type { UplinkEvent } from '../uplink/uplink-status.ts';
import { forkText, secondCopyText } from './next-opening.ts';
import type { TwinBook } from './twin-book.ts';

/** True when the event is news of the other copy, or none, and asks nothing of this log. */
export function tellOfSecondCopy(
  event: UplinkEvent,
  {
    twins,
    alarms,
    fetch,
  }: {
    twins: TwinBook;
    alarms: Pick<AlarmBook, 'raise'>;
    /** Brings what headquarters holds of a log. */
    fetch: (origin: string) => void;
  },
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
  if (twins.knows(later)) {
    fetch(later);
    return true;
  }
  if (!event.isLive) return false;
  fetch(later);
  alarms.raise('LOG_FORKED', secondCopyText(event.origin, later));
  twins.learn(later);
  return true;
}
