/**
 * Work that needs `signed-head` on a medium that may be full, read-only or pulled out. That holds up
 * the uplink, which may not show a head that is not durable, and nothing else: sales go where the
 * ledger is.
 */
import { isUnwritable } from '../../platform/durable/errno.ts';
import { systemFailure } from '../../platform/system-failure.ts';

/** What `work` gives; undefined, after a sentence for people, where the medium takes no writes. */
export function unlessUnwritable<T>(
  work: () => T,
  onProblem: (sentence: string) => void,
): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const why = systemFailure(error)?.message ?? 'its file cannot be written.';
    onProblem(`The head of the log could not be signed: ${why}`);
    return undefined;
  }
}
