/** HQ's branch of a log whose own entries differ is HQ's alone to prove. */
import { TillgateError } from '../../protocol/errors.ts';
import type { LedgerReader } from '../ledger/reader.ts';

/** Throws for such a branch: the own entries are signed, a second history of one name never is. */
export function refuseBranch(log: LedgerReader, reader: LedgerReader): void {
  const place = reader.returned().find(({ epoch }) => epoch === log.epoch);
  if (place === undefined || place.of === null || place.of === place.epoch) return;
  throw new TillgateError(
    'LOG_ENTRY_UNKNOWN',
    `The entry stands in headquarters' branch of ${log.origin}, which it alone can prove.`,
    { hint: 'ask headquarters for the proof of this transaction' },
  );
}
