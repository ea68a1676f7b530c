/** A check in its own time: what hangs or fails becomes a finding, and the others are told all the same. */
import { systemFailure } from '../../platform/system-failure.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { failed, failedBy, warning, type CheckFinding, type CheckName } from './check-finding.ts';

export async function withinTime(
  check: CheckName,
  msMax: number,
  work: () => CheckFinding[] | Promise<CheckFinding[]>,
): Promise<CheckFinding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckFinding[]>((resolve) => {
    const unfinished = warning(check, 'CHECK_UNFINISHED', `No answer within ${msMax / 1_000} s.`);
    timer = setTimeout(() => resolve([unfinished]), msMax);
  });
  try {
    return await Promise.race([Promise.resolve().then(work), late]);
  } catch (error) {
    const known = isTillgateError(error) ? error : systemFailure(error);
    if (known !== undefined) return [failedBy(check, known)];
    const reason = error instanceof Error ? error.message : String(error);
    return [failed(check, 'INTERNAL', `The check itself failed: ${reason}`)];
  } finally {
    clearTimeout(timer);
  }
}
