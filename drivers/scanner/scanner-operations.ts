/** What may be asked of a scanner; none of it has members. */
import type { Operation, ParsedParams } from '../driver.ts';
import { jobProblem } from '../job-problem.ts';

export type ScannerCommand = 'enable' | 'disable' | 'status';

/** Three tries of an SSI command and some air. */
const DEADLINE_MS = 5_000;
const DEADLINE_MS_MAX = 30_000;

export const SCANNER_OPERATIONS: Readonly<Record<ScannerCommand, Operation>> = {
  enable: operation('enable', 'codes are told from now on'),
  disable: operation('disable', 'codes are not told, and the scanner is told to rest where it can'),
  status: operation('status', 'tells whether it is enabled, and counts'),
};

function operation(command: ScannerCommand, summary: string): Operation {
  return {
    ...{ summary, deadlineMs: DEADLINE_MS, deadlineMsMax: DEADLINE_MS_MAX, isPhysical: false },
    parse: (request): ParsedParams => {
      const [stranger] = Object.keys(request);
      if (stranger === undefined) return { ok: true, params: command };
      const message = `${command} has no member ${JSON.stringify(stranger)}.`;
      const problem = jobProblem('JOB_INVALID', message, { path: `/${stranger}` });
      return { ok: false, problem };
    },
  };
}
