/** (contract first; see below) */
import type { Transaction } from '../transaction/schema.ts';
import type { ReceiptDocument, ReceiptLanguage } from './document-schema.ts';

export interface ReceiptOptions {
  readonly language: ReceiptLanguage;
  /** The log that holds the transaction, and where. */
  readonly origin: string;
  readonly index: number;
  /** 32 bytes. */
  readonly leafHash: Uint8Array;
  /** 0 for the receipt itself, n for its nth copy. */
  readonly copy: number;
  /** Lines above and below, from the store's configuration. */
  readonly header: readonly string[];
  readonly footer: readonly string[];
  /** IANA name: the time of the transaction is printed in it. */
  readonly timeZone: string;
}

/** The receipt of an accepted transaction. Pure; it never throws for one that was accepted. */
export function transactionReceipt(
  transaction: Transaction,
  options: ReceiptOptions,
): ReceiptDocument {
  return {
    language: options.language,
    currency: transaction.currency,
    blocks: [{ type: 'text', text: options.origin }],
  };
}
