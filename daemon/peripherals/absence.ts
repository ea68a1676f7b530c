/** Why a peripheral is not at work, as errors with a next step. */
import { TillgateError } from '../../protocol/errors.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';

export function absent({ peripheralId, address }: PeripheralEntry): TillgateError {
  const message = `${peripheralId} is not connected (${address}).`;
  return new TillgateError('PERIPHERAL_ABSENT', message, { retryable: true });
}

export function asProblem(error: unknown): TillgateError {
  if (error instanceof TillgateError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new TillgateError('PERIPHERAL_FAULT', `It could not be opened: ${what}`, { cause: error });
}
