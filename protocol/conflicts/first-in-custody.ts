/**
 * Two logs of one gateway, of which one was rolled back or copied, have other content under one
 * transactionId. What headquarters took into custody first stands: it is what it counts. The gateway
 * learns of it when the entry comes back, and writes it down.
 */
import { parseOrigin } from '../log/origin.ts';
import { sideOf } from './conflict-record.ts';
import type { ConflictRecord } from './conflict-record.ts';

export type TwoLogs = {
  transactionId: string;
  /** The entry that headquarters had, and sent back. */
  returned: { origin: string; index: number };
  /** The entry that this log has. */
  claimedBy: { origin: string; index: number };
};

export function firstInCustody({ transactionId, returned, claimedBy }: TwoLogs): ConflictRecord {
  const { chain, store, gateway } = parseOrigin(claimedBy.origin);
  const place = `${claimedBy.origin.split('/').at(-1) ?? ''}/${claimedBy.index}`;
  return {
    conflictId: `firstInCustody:${chain}/${store}/${gateway}/${transactionId}/${place}`,
    rule: 'firstInCustody',
    datum: `transaction ${transactionId}`,
    sides: [sideOf(returned, 'first at headquarters'), sideOf(claimedBy, 'other content')],
    winner: 0,
    consequence: 'headquarters books the first alone',
  };
}
