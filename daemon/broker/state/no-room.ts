import { TillgateError } from '../../../protocol/errors.ts';

/** What a full disk means for the broker: the client is not answered, and may try again. */
export function noRoom(what: string): TillgateError {
  return new TillgateError('BROKER_STATE_FULL', `There is no space left for ${what}.`, {
    retryable: true,
  });
}
