/**
 * What a gateway owes for a conflict that headquarters decided against it: the right that it used and
 * that somebody else had used before. Pure.
 */
import type { ConflictDocument } from '../feed/conflict-document.ts';
import { isPool } from '../rights/pool.ts';
import type { RightEvent } from '../rights/right-entries.ts';

export type Compensation = Extract<RightEvent, { event: 'compensation' }>;

/** A code is used once at a time. */
const USES = 1;

export function compensationFor(
  { conflictId, rule, datum, sides, winner }: ConflictDocument,
  isOwn: (origin: string) => boolean,
): Compensation | undefined {
  if (rule !== 'couponTwice' || winner === null || !isPool(datum)) return undefined;
  const hasLost = sides.some(({ origin }, at) => at !== winner && isOwn(origin));
  if (!hasLost) return undefined;
  return { event: 'compensation', conflictId, rule, pool: datum, amount: USES };
}
