/** The transaction that an entry of the log books, over all epochs and what headquarters sent back. */
import { decodeEntry, type EntryHeader } from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import type { Transaction } from '../../protocol/transaction/schema.ts';
import type { LedgerReader } from '../ledger/reader.ts';

export type LogReads = Pick<LedgerReader, 'findTransaction' | 'ofEpoch'>;

export interface LoggedTransaction {
  readonly transaction: Transaction;
  /** Where it was accepted first, as the till was told. */
  readonly origin: string;
  readonly index: number;
  readonly leafHash: Uint8Array;
}

/** Undefined for an id that this log does not book, and for content of a later form. */
export function loggedTransaction(
  log: LogReads,
  transactionId: string,
): LoggedTransaction | undefined {
  const ref = log.findTransaction(transactionId);
  if (ref === undefined) return undefined;
  const epoch = log.ofEpoch(ref.epoch);
  const leaf = epoch.entry(ref.index);
  if (leaf === undefined) return undefined;
  const { header, body } = decodeEntry(leaf);
  const content = header.body.at === 'inline' ? body : epoch.blob(ref.index)?.bytes;
  if (header.kind !== 'transaction' || content === undefined) return undefined;
  if (header['uninterpreted'] === true) return undefined;
  const text = textOf(header, content);
  if (text === undefined) return undefined;
  // It was judged before it came into the log.
  const transaction = JSON.parse(text) as Transaction;
  const first = header['carriedFrom'] as
    { origin: string; index: number; leafHash: string } | undefined;
  if (first === undefined) {
    return { transaction, origin: epoch.origin, index: ref.index, leafHash: leafHash(leaf) };
  }
  const hash = Buffer.from(first.leafHash, 'base64');
  return { transaction, origin: first.origin, index: first.index, leafHash: hash };
}

function textOf({ mediaType }: EntryHeader, content: Uint8Array): string | undefined {
  const text = Buffer.from(content).toString('utf8');
  if (mediaType !== 'application/jose') return text;
  const payload = text.split('.')[1];
  return payload === undefined ? undefined : Buffer.from(payload, 'base64url').toString('utf8');
}
