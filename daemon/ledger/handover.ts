/**
 * The judge worker's end of a lane into the ledger's thread (see LedgerLane in ledger-client.ts).
 */
import type { MessagePort } from 'node:worker_threads';
import type { Submission } from './commands.ts';

export interface Ticketed {
  readonly ticket: number;
  readonly submission: Submission;
}

export interface Handover {
  /** Hands over a batch, in order. The bodies' bytes are copied. */
  send(batch: readonly Ticketed[]): void;
  close(): void;
}

export declare function openHandover(port: MessagePort): Handover;
