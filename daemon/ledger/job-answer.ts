/** Answers that are about rows, as the ledger's thread gives them: what they say is durable. */
import type { Answer, RightsAnswer } from './commands.ts';
import type { JobRow } from './job-row.ts';

export interface JobAnswer {
  readonly row: JobRow;
  /** The same job was asked before; nothing was written. */
  readonly duplicate: boolean;
}

export function jobIn({ payload, duplicate }: Answer): JobAnswer {
  // Written by the ledger's thread a moment ago.
  const row = JSON.parse(Buffer.from(payload).toString('utf8')) as JobRow;
  return { row, duplicate };
}

export function rightsIn({ payload }: Answer): RightsAnswer {
  // Likewise.
  return JSON.parse(Buffer.from(payload).toString('utf8')) as RightsAnswer;
}
