/** What a verification of custody says, whichever way custody is kept. */
export type CustodyFault = {
  /** The log; null where the damage does not tell. */
  origin: string | null;
  /** The entry; the first one concerned where several are. */
  index: number | null;
  /** A sentence without its final stop. */
  message: string;
};

export type VerifiedLog = {
  origin: string;
  size: number;
  /** Base64. */
  root: string;
  /** Whether the newest checkpoint is the origin's and of this size and root. */
  checkpoint: 'holds' | 'fails' | 'none';
  /** Whether the newest cosignature is HQ's and of a size and root of this log. */
  cosignature: 'holds' | 'fails' | 'none';
};

export type CustodyVerification = {
  valid: boolean;
  entries: number;
  logs: VerifiedLog[];
  faults: CustodyFault[];
  /** More than `faults` lists where there are very many. */
  faultCount: number;
};

/** A page of a report; who has more than this is not helped by one more line. */
export const CUSTODY_FAULTS_MAX = 100;
