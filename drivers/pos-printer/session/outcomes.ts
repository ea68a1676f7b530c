/** How a printer's jobs end, in words that a cashier can act upon. */
import { TillgateError } from '../../../protocol/errors.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import type { JobOutcome, JobProblem } from '../../job.ts';

export function jobProblem(code: ErrorCode, message: string, hint?: string): JobProblem {
  const error = new TillgateError(code, message, hint === undefined ? {} : { hint });
  return { code, message, hint: error.hint };
}

export function refused(code: ErrorCode, message: string, hint?: string): JobOutcome {
  return { state: 'refused', error: jobProblem(code, message, hint) };
}

const LOOK = 'Look at the paper: if the receipt is not whole, print it again as a copy.';

export function unknown(code: ErrorCode, message: string): JobOutcome {
  return { state: 'unknown', error: jobProblem(code, message, LOOK) };
}

/** What a person does about each reason. */
const REMEDIES: Readonly<Record<string, string>> = {
  PTR_SUE_REC_EMPTY: 'Put in paper',
  PTR_SUE_COVER_OPEN: 'Close the cover',
  PTR_SUE_CUTTER_ERROR: 'Free the cutter, then run the operation recover',
  PTR_SUE_MECHANICAL_ERROR: 'Free the paper path, then run the operation recover',
  PTR_SUE_UNRECOVERABLE_ERROR: 'Switch the printer off and on; if that does not help, replace it',
  PTR_SUE_HEAD_OVERHEATED: 'Wait until the print head has cooled down',
  PTR_SUE_FEEDING: 'Let go of the feed button',
  SUE_POWER_OFFLINE: 'Switch the printer online',
  SUE_POWER_OFF_OFFLINE: 'Switch the printer on and check its cable',
};

export function notReady(reasons: readonly string[]): JobOutcome {
  const remedies = reasons.flatMap((reason) => REMEDIES[reason] ?? []);
  const hint = remedies.length === 0 ? undefined : `${remedies.join('; ')}; then ask again.`;
  const message = `The printer is not ready: ${reasons.join(', ')}. Nothing was printed.`;
  return refused('PERIPHERAL_NOT_READY', message, hint);
}
