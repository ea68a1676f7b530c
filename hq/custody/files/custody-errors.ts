/** How a failing disk is told: as a refusal that passes, or as the end of this writer. */
import { isDiskFull, isFullOrReadOnly } from '../../../platform/durable/errno.ts';
import { TillgateError } from '../../../protocol/errors.ts';

/**
 * `HQ_CUSTODY_FULL` where the disk is full or read-only: not now, nothing was acknowledged and
 * nothing is lost. Else `HQ_CUSTODY_FAILED`: what is durable is known only by reading it again.
 */
export function custodyError(cause: unknown): TillgateError {
  if (cause instanceof TillgateError) return cause;
  if (isFullOrReadOnly(cause)) {
    const what = isDiskFull(cause) ? 'full' : 'read-only';
    const retryable = { retryable: true, cause };
    return new TillgateError('HQ_CUSTODY_FULL', `The disk of the custody is ${what}.`, retryable);
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TillgateError('HQ_CUSTODY_FAILED', `The custody cannot be written: ${reason}`, {
    cause,
  });
}
