/**
 * Other content under a transactionId that an earlier entry of the same gateway claims: the first
 * stands, whatever the clocks say, because its answer was given; the other is kept and not booked.
 */
import { parseOrigin } from '../log/origin.ts';
import { sideOf } from './conflict-record.ts';
import type { ConflictRecord } from './conflict-record.ts';

export type ContestedId = {
  transactionId: string;
  /** Base64, of the content that came second. */
  contentHash: string;
  /** The entry that claims the id. */
  first: { origin: string; index: number };
  /** The entry that keeps the other content. */
  other: { origin: string; index: number };
};

/** Digits of a content hash that tell contents of one id apart. */
const HASH_DIGITS = 16;

export function firstStands(contested: ContestedId): ConflictRecord {
  const { transactionId, contentHash, first, other } = contested;
  const { chain, store, gateway } = parseOrigin(first.origin);
  const digits = Buffer.from(contentHash, 'base64').toString('hex').slice(0, HASH_DIGITS);
  return {
    conflictId: `firstStands:${chain}/${store}/${gateway}/${transactionId}/${digits}`,
    rule: 'firstStands',
    datum: `transaction ${transactionId}`,
    sides: [sideOf(first, 'claims the id'), sideOf(other, 'other content')],
    winner: 0,
    consequence: 'the second content is kept and not booked',
  };
}
