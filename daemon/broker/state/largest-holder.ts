/**
 * Who loses a message when the queues of all sessions together are over their bound: the device that
 * holds the most, in its session that was longest without a new message. So a device that floods
 * pushes out what it floods with, and nothing of the others.
 */
import { deviceOf } from '../session-name.ts';
import type { KeptSession } from './kept-session.ts';
import type { SessionQueue } from './session-queue.ts';

/** `sessions` in the order of their last new message; undefined where nothing waits. */
export function largestHolder(
  sessions: Iterable<KeptSession>,
  measure: (queue: SessionQueue) => number,
): KeptSession | undefined {
  const devices = new Map<string, { held: number; first: KeptSession }>();
  for (const session of sessions) {
    if (session.queue.size === 0) continue;
    const device = deviceOf(session.name);
    const known = devices.get(device) ?? { held: 0, first: session };
    known.held += measure(session.queue);
    devices.set(device, known);
  }
  let largest: { held: number; first: KeptSession } | undefined;
  for (const holder of devices.values()) {
    if (largest === undefined || holder.held > largest.held) largest = holder;
  }
  return largest?.first;
}
