/** A job's row as the ledger's thread answers it: durable, and whether it was there before. */
import type { Answer } from './commands.ts';
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
