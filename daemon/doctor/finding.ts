/** Something that is not as it should be, in a sentence that a technician understands. */
import type { EntryRange } from './entry-range.ts';

export interface Finding {
  part:
    | 'database'
    | 'entries'
    | 'nodes'
    | 'bodies'
    | 'derived'
    | 'heads'
    | 'files'
    | 'permissions'
    | 'space';
  message: string;
  /** Exactly what is concerned, where that is entries. */
  range?: EntryRange;
}

/** Parts that a fresh ledger, made from the leaves, puts right. */
export const LEDGER_PARTS: ReadonlySet<string> = new Set([
  'database',
  'entries',
  'nodes',
  'bodies',
  'derived',
]);
