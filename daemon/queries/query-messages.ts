/** What crosses between the main thread and the one that answers questions. */
export type QueryWorkerData = {
  feedsFile: string;
  dataDir: string;
  store: string;
  currency: string;
};

/** Entries of a log that headquarters is known to hold. */
export type HeldByHq = { origin: string; size: number };

export type ToQueries =
  | { type: 'query'; id: number; payload: Uint8Array; heldByHq: HeldByHq }
  | { type: 'known'; confirmedAt: [string, string][] }
  /** feeds.db is another file now. */
  | { type: 'reopen' };

export type FromQueries = { id: number; answer: string };
