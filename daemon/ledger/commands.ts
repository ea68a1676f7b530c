/**
 * What the ledger is asked, and what it answers. A command is complete: parsing, canonical hashing
 * and signature checks happened before, on another thread, so that the one writer only looks up,
 * builds one entry and commits. All values survive a structured clone.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import type { EntryKind } from '../../protocol/log/entry.ts';
import type { JobKey, NewJob, SettledState } from './job-row.ts';
import type { RightCode, RightsChange } from '../../protocol/rights/holder.ts';
import type { ReservationRow } from '../../protocol/rights/rights-view.ts';
import type { Acceptable, Refused } from '../../protocol/transaction/judgement.ts';

/** A submission above the size that is judged: only its hash and its length are kept. */
export type Oversized = {
  verdict: 'oversized';
  /** Bytes that were received. */
  length: number;
  mediaType: 'application/json' | 'application/jose';
};

/** What the ledger needs to know of an acceptable submission; a whole judgement serves. */
export type AcceptableFacts = Pick<
  Acceptable,
  | 'verdict'
  | 'transactionId'
  | 'contentHash'
  | 'interpreted'
  | 'sequenceNumber'
  | 'training'
  | 'lastResult'
  | 'signature'
  | 'mediaType'
  | 'rights'
>;

export type Submission = {
  type: 'submission';
  /** The user name that the connection authenticated as. */
  deviceId: string;
  /** The payload exactly as received; empty when oversized. */
  body: Uint8Array;
  /** SHA-256 of the payload as received; 32 bytes. */
  submissionHash: Uint8Array;
  judgement: AcceptableFacts | Refused | Oversized;
};

/**
 * An entry that the gateway itself writes: a device, a key, an audit note, an anchor, a conflict … A
 * `transaction` is one that is carried over from an earlier epoch, which keeps its claim.
 */
export type Append = {
  type: 'append';
  kind: Exclude<EntryKind, 'rejected' | 'epoch'>;
  /** The members of the kind; the common members of an entry may not be among them. */
  members: Record<string, Json>;
  body?: Uint8Array;
  mediaType?: string;
  deviceId?: string;
  /**
   * A name of what this entry is about. It becomes a member of the entry, and the same name again,
   * also after a restart or a restore, is answered with the first entry and writes nothing.
   */
  once?: string;
};

/** A job of a peripheral, before anything is done about it. The same content again is its row. */
export type PutJob = {
  type: 'putJob';
  job: NewJob;
  /** JSON text, as it was asked; null for one that is too large to be kept. */
  request: string | null;
};

/** The next step of a job; its row and what it tells the log are one commit. */
export type AdvanceJob = JobKey & {
  type: 'advanceJob';
  to: 'sent' | SettledState;
  /** JSON text; with every end. */
  answer?: string;
  /** With `sent`: this is at least the n-th copy, whatever went out before. */
  copyMin?: number;
  /** What the log has to know of this step, beside what it is told anyway. */
  entry?: { event: string; [member: string]: Json };
};

export type JobCommand = PutJob | AdvanceJob;

/**
 * What happens to this gateway's rights outside of a sale (protocol/rights/holder.ts). The same again
 * is answered and writes nothing; its entries and rows are one commit.
 */
export type RightsCommand = { type: 'rights'; change: RightsChange; deviceId?: string };

/** What became of it; JSON in the answer's payload. */
export type RightsAnswer =
  | {
      state: 'done';
      /** Entries that were written for it. */
      entries: number;
      /** Of hold, release and collect. */
      reservation?: ReservationRow;
      /** What may still be spent of the pool; of hold, release and collect. */
      left?: number;
    }
  | { state: 'refused'; code: RightCode; message: string; hint: string; left?: number };

export type Command = Submission | Append | JobCommand | RightsCommand;

/** What a command holds beside its facts. */
export function contentBytes(command: Command): number {
  switch (command.type) {
    case 'putJob':
      return command.request?.length ?? 0;
    case 'advanceJob':
      return command.answer?.length ?? 0;
    case 'rights':
      return 0;
    default:
      return command.body?.length ?? 0;
  }
}

/** Something that a person or the epochs' owner must know; the sale itself went on. */
export type Alarm = {
  code: 'LOG_ROLLED_BACK';
  deviceId: string;
  /** The accepted answer that the device holds and this log does not contain. */
  lastResult: { origin: string; index: number; leafHash: string };
};

export type Answer = {
  outcome: 'accepted' | 'rejected' | 'conflict' | 'appended' | 'job' | 'rights';
  /** The log that `index` counts in: an earlier epoch's for an answer given before. */
  origin: string;
  /** The entry that keeps it, durable by the time the answer is seen. */
  index: number;
  /**
   * The result document as JSON text in UTF-8, ready to publish; the row for `job`, which may have
   * written no entry; what became of it for `rights`; empty for `appended`.
   */
  payload: Uint8Array;
  /** True when this is an earlier answer given again and nothing was written. */
  duplicate: boolean;
  alarms?: Alarm[];
};
