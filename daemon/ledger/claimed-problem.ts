/** The one problem of a conflict: another transaction holds the id. */
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import type { JsonObject } from '../../protocol/json/json-value.ts';

export function claimedProblem(transactionId: string): JsonObject {
  return {
    code: 'TXN_ID_CLAIMED',
    path: '/transactionId',
    got: transactionId,
    message: 'Another transaction with other content holds this transactionId.',
    hint: ERROR_CODES.TXN_ID_CLAIMED.fix,
  };
}
