/** One submission on its way through the intake, from the last byte of its PUBLISH to its answer. */
import type { Answer } from '../ledger/commands.ts';
import type { Submission } from '../../platform/mqtt/guard-contract.ts';

/** The failures of the ledger that a device hears of: the same bytes may come again. */
export const UNAVAILABLE_CODES = ['LEDGER_BUSY', 'LEDGER_DISK_FULL', 'LEDGER_IO'] as const;
export type UnavailableCode = (typeof UNAVAILABLE_CODES)[number];

/** Where results and acknowledgements of one connection go; implemented by `DeviceSession`. */
export interface SubmissionSource {
  readonly deviceId: string;
  /** An item of this source was answered; those before it may still be open. */
  settled(): void;
  /** The queue has room again for a source that was asked to wait. */
  resume(): void;
}

export interface SubmissionItem {
  readonly source: SubmissionSource;
  readonly qos: 0 | 1 | 2;
  readonly packetId: number;
  readonly oversized: Submission['oversized'];
  /** The payload as received; kept until the answer, for `unavailable` needs its hash. */
  payload: Buffer;
  readonly takenAtMs: number;
  outcome: SubmissionOutcome | undefined;
}

export type SubmissionOutcome =
  | { kind: 'answered'; answer: Answer }
  | { kind: 'unavailable'; code: UnavailableCode }
  /** Nothing is known of it, or its connection is going: no answer, no acknowledgement. */
  | { kind: 'abandoned' };
