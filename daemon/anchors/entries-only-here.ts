/**
 * How many entries exist on this machine's disk only. Anchors do not count: what they say HQ has
 * signed itself, and with the disk nothing of a sale would go with them. So the figure is 0 once HQ
 * holds every sale, although the anchor that follows is still on its way.
 */
import type { AnchorReads } from '../ledger/ledger-port.ts';

export function entriesOnlyHere(
  anchors: AnchorReads,
  log: { epoch: number; size: number },
  heldByHq: number,
): number {
  const { epoch, size } = log;
  if (heldByHq >= size) return 0;
  return size - heldByHq - anchors.count({ epoch, index: heldByHq }, size);
}
