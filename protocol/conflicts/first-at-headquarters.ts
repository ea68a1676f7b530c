/**
 * Two gateways of a store have accepted other content under one transactionId. Neither could know of
 * the other; headquarters counts what it took into custody first. Goods and money have changed hands
 * twice, so a person has to say what becomes of the other: one conflict for each gateway that lost.
 */
import { sideOf } from './conflict-record.ts';
import type { ConflictRecord } from './conflict-record.ts';

export type Acceptance = {
  gateway: string;
  origin: string;
  index: number;
  /** Base64. */
  contentHash: string;
};

/** `accepted` is in custody order. Pure, and the same for every order that keeps that of one log. */
export function firstAtHeadquarters(
  of: { chain: string; store: string; transactionId: string },
  accepted: readonly Acceptance[],
): ConflictRecord[] {
  const [first, ...later] = accepted;
  if (first === undefined) return [];
  const lost = new Map<string, Acceptance>();
  for (const other of later) {
    const isOther = other.gateway !== first.gateway && other.contentHash !== first.contentHash;
    // Copies of its log say the same again.
    if (isOther && !lost.has(other.gateway)) lost.set(other.gateway, other);
  }
  const { chain, store, transactionId } = of;
  return [...lost.values()].map((other) => ({
    conflictId: `firstAtHeadquarters:${chain}/${store}/${transactionId}/${other.gateway}`,
    rule: 'firstAtHeadquarters',
    datum: `transaction ${transactionId}`,
    sides: [sideOf(first, 'counted'), sideOf(other, 'other content, not counted')],
    winner: 0,
    consequence: 'the second sale is in no total until somebody books it by hand',
  }));
}
