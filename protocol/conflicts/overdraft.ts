/**
 * More was drawn from a grant than it was: its holder's log was copied or rolled back, and both
 * branches spent. All of it is booked, because it happened; the excess is one conflict, and a person
 * settles it. What a branch says again of the same spend counts once.
 */
import { parseOrigin } from '../log/origin.ts';
import { SIDES_MAX, sideOf } from './conflict-record.ts';
import type { ConflictRecord } from './conflict-record.ts';

export type GrantDraw = {
  origin: string;
  index: number;
  /** Transaction, reservation, or the place of a return: what names it once, over all copies. */
  key: string;
  amount: number;
};

export type DrawnGrant = {
  /** What tells this grant from all others of the chain. */
  key: string;
  chain: string;
  grantId: string;
  pool: string;
  amount: number;
};

/** `draws` is in custody order. Undefined where the grant holds. */
export function overdraft(
  grant: DrawnGrant,
  draws: readonly GrantDraw[],
): ConflictRecord | undefined {
  const known = new Set<string>();
  const branches = new Map<string, { index: number; drawn: number }>();
  let drawn = 0;
  for (const { origin, index, key, amount } of draws) {
    if (known.has(key)) continue;
    known.add(key);
    drawn += amount;
    const branch = branches.get(origin);
    branches.set(origin, { index, drawn: (branch?.drawn ?? 0) + amount });
  }
  if (drawn <= grant.amount) return undefined;
  const sides = [...branches].map(([origin, branch]) =>
    sideOf({ origin, index: branch.index }, `drew ${branch.drawn}`),
  );
  const excess = drawn - grant.amount;
  return {
    conflictId: `overdraft:${grant.chain}/${grant.key}`,
    rule: 'overdraft',
    datum: grant.pool,
    sides: sides.toSorted(byOrigin).slice(0, SIDES_MAX),
    winner: null,
    consequence: `${excess} more than the ${grant.amount} of grant ${grant.grantId} is booked`,
  };
}

/** Earlier epochs first, so that the order in which logs came does not show. */
function byOrigin(a: { origin: string }, b: { origin: string }): number {
  const [first, second] = [parseOrigin(a.origin), parseOrigin(b.origin)];
  return first.epoch - second.epoch || (a.origin < b.origin ? -1 : 1);
}
