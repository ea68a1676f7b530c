/** What crosses between the main thread and the one that answers questions. */
import type { PriceOverride } from '../prices/override-event.ts';

export type QueryWorkerData = {
  feedsFile: string;
  dataDir: string;
  stockFile: string;
  store: string;
  currency: string;
};

/** Entries of a log that headquarters is known to hold. */
export type HeldByHq = { origin: string; size: number };

export type ToQueries =
  | {
      type: 'query';
      id: number;
      payload: Uint8Array;
      heldByHq: HeldByHq;
      /** Stock is as far as it comes; the answer is given with what there is. */
      isLate: boolean;
    }
  | { type: 'known'; confirmedAt: [string, string][] }
  /** All of them. */
  | { type: 'overrides'; overrides: readonly PriceOverride[] }
  /** A file that is read is another one now. */
  | { type: 'reopen' };

export type FromQueries =
  | { type: 'answer'; id: number; answer: string }
  /** It can be answered when stock has come up to the log. */
  | { type: 'behind'; id: number };
