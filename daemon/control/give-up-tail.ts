/**
 * A person says that nobody can send back what the log lacks: the gateway joined no headquarters, so
 * its rights would stay frozen for ever. It is on record before anything follows from it; what was
 * spent in the lost entries can be spent again, which is why a person has to say so.
 */
import { existsSync } from 'node:fs';
import { TillgateError } from '../../protocol/errors.ts';
import type { CarryList } from '../epochs/carry-list.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';

/** As much as a person writes; an entry is for ever. */
const TEXT_CHARS_MAX = 500;

export interface GiveUpParts {
  ledger: Pick<LedgerClient, 'append'>;
  list: () => Pick<CarryList, 'awaited' | 'giveUp'>;
  enrolmentFile: string;
}

/** Which logs are not waited for any more. Throws `TAIL_AWAITED` where headquarters is joined. */
export async function giveUpTail(
  { ledger, list, enrolmentFile }: GiveUpParts,
  { reason, by }: { reason: string; by: string },
): Promise<{ givenUp: readonly string[] }> {
  if (existsSync(enrolmentFile)) {
    const message = 'This gateway is joined to headquarters, which gives back what it holds.';
    throw new TillgateError('TAIL_AWAITED', message);
  }
  const left = list();
  const givenUp = [...left.awaited];
  if (givenUp.length === 0) return { givenUp };
  const why = { reason: reason.slice(0, TEXT_CHARS_MAX), by: by.slice(0, TEXT_CHARS_MAX) };
  const members = { event: 'tailGivenUp', origins: givenUp, ...why };
  await ledger.append({ type: 'append', kind: 'audit', members });
  left.giveUp();
  return { givenUp };
}
