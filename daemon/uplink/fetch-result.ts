/** What is asked of the fetch service, and what it gives back. All of it survives a clone. */

export type FetchRequest = {
  /** Any log of this gateway. */
  origin: string;
  start: number;
  /** The perfect subtrees of the first `start` entries as the caller holds them, largest first. */
  frontier: readonly Uint8Array[];
};

export type FetchedEntry = {
  index: number;
  leaf: Uint8Array;
  leafHash: Uint8Array;
  /** The body kept beside the entry, where it names one and HQ has it. */
  blob?: { salt: Uint8Array; bytes: Uint8Array };
};

export type FetchResult =
  /** What follows `start` at HQ, some of it; `hqSize` is HQ's head, when it was heard. */
  | { type: 'entries'; entries: readonly FetchedEntry[]; hqSize: number | undefined }
  /** HQ holds nothing at `start`; this is its head. */
  | { type: 'end'; size: number; root: Uint8Array }
  /** HQ's log does not continue the caller's first `start` entries. */
  | { type: 'unfit' };
