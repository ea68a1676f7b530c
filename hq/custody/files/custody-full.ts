/** The error that says: not now, for there is no room; nothing was acknowledged and nothing is lost. */
import { TillgateError } from '../../../protocol/errors.ts';

export function custodyFull(cause: unknown): TillgateError {
  return new TillgateError('HQ_CUSTODY_FULL', 'The disk of the custody is full.', {
    retryable: true,
    cause,
  });
}
