/** What travels between the daemon's main thread, the ledger's thread and its checkpoint thread. */
import type { MessagePort } from 'node:worker_threads';
import type { AnswerPack, PackedError } from './answer-pack.ts';
import type { ReturnedOutcome } from './apply-returned.ts';
import type { Append, JobCommand, RightsCommand } from './commands.ts';
import type { EpochOpening } from './epoch.ts';
import type { EpochInfo } from './ledger-port.ts';
import type { ReturnedSlice } from './returned-entry.ts';
import type { SubmissionPack } from './submission-pack.ts';

export interface LedgerWorkerData {
  readonly dataDir: string;
  readonly origin: string;
  readonly clockSource: string;
  readonly walBytesMax: number;
  readonly reserveBytes: number;
}

/** A lane carries `submissions` only. */
export type ToLedger =
  | SubmissionPack
  | {
      readonly type: 'append';
      readonly ticket: number;
      readonly command: Append | JobCommand | RightsCommand;
    }
  | { readonly type: 'openEpoch'; readonly ticket: number; readonly opening: EpochOpening }
  | { readonly type: 'restore'; readonly ticket: number; readonly slice: ReturnedSlice }
  | { readonly type: 'lane'; readonly port: MessagePort }
  | { readonly type: 'close' };

export type FromLedger =
  | { readonly type: 'ready'; readonly tip: EpochInfo }
  | { readonly type: 'failedToStart'; readonly error: PackedError }
  | {
      readonly type: 'answers';
      readonly pack: AnswerPack;
      readonly tip: EpochInfo;
      readonly walBytes: number;
    }
  /** To `openEpoch` and `restore`. */
  | {
      readonly type: 'done';
      readonly ticket: number;
      readonly result: EpochInfo | ReturnedOutcome | PackedError;
      readonly tip: EpochInfo;
    }
  /** The storage failed; nothing more will be answered. */
  | { readonly type: 'fatal'; readonly error: PackedError };

export type ToCheckpoint = { readonly type: 'checkpoint' } | { readonly type: 'close' };

export type FromCheckpoint =
  | { readonly type: 'checkpointed'; readonly walBytes: number; readonly isComplete: boolean }
  | { readonly type: 'failed'; readonly message: string };
