/**
 * A single-use code was used more than once: by policy at two stores that could not ask, or in two
 * copies of one log. The goods are gone either way. The use that headquarters took into custody first
 * stands; each later one is a conflict of its own, and its gateway writes a compensation.
 */
import { couponPool } from '../rights/pool.ts';
import { sideOf } from './conflict-record.ts';
import type { ConflictRecord } from './conflict-record.ts';

export type CodeUse = {
  store: string;
  origin: string;
  index: number;
  /** The transaction: what names a use once, over all copies. */
  key: string;
  /** 1 for a use; below zero where a sale that used it was taken back. */
  uses: number;
};

/** `uses` is in custody order. */
export function couponTwice(
  of: { chain: string; couponId: string; code: string },
  uses: readonly CodeUse[],
): ConflictRecord[] {
  const known = new Set<string>();
  const conflicts: ConflictRecord[] = [];
  let standing: CodeUse | undefined;
  for (const use of uses) {
    const name = `${use.store}/${use.key}`;
    if (known.has(name)) continue;
    known.add(name);
    if (use.uses < 0) standing = undefined;
    else if (standing === undefined) standing = use;
    else conflicts.push(conflictOf(of, standing, use));
  }
  return conflicts;
}

function conflictOf(
  { chain, couponId, code }: { chain: string; couponId: string; code: string },
  first: CodeUse,
  second: CodeUse,
): ConflictRecord {
  return {
    conflictId: `couponTwice:${chain}/${couponId}/${code}/${second.store}/${second.key}`,
    rule: 'couponTwice',
    datum: couponPool(couponId, code),
    sides: [sideOf(first, `used in ${first.key}`), sideOf(second, `used again in ${second.key}`)],
    winner: 0,
    consequence: 'the store of the second use writes a compensation',
  };
}
