/**
 * Answers as the ledger's thread makes them, and how an earlier one is rebuilt from its entry: the
 * entry keeps everything an answer says except the hash of the payload received, so that the same
 * bytes get the same answer byte for byte, years and epochs later.
 */
import { canonicalText } from '../../protocol/log/canonical-line.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { must } from '../../protocol/must.ts';
import { formatResult, type ConflictResult } from '../../protocol/result.ts';
import { readTransactionRights } from '../../protocol/rights/read-rights.ts';
import type { TransactionRights } from '../../protocol/rights/right-entries.ts';
import type { Problem } from '../../protocol/transaction/problem.ts';
import type { Answer } from './commands.ts';
import type { EntryRef, LedgerView } from './ledger-port.ts';

/** An Answer whose payload is still text; it becomes bytes once, in the batch it travels in. */
export type Reply = Omit<Answer, 'payload'> & { readonly text: string };

/** Where a sale was accepted first, as `carriedFrom` names it. */
interface First {
  readonly origin: string;
  readonly index: number;
  readonly leafHash: string;
  readonly recordedAt: string;
}

const LF = 0x0a;

/** The header of an entry of our own writing; no need to check its form again. */
export function readHeader(leaf: Uint8Array): JsonObject {
  const end = leaf.indexOf(LF);
  return JSON.parse(Buffer.from(leaf.buffer, leaf.byteOffset, end).toString('utf8')) as JsonObject;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

export function originOf(ref: EntryRef, view: LedgerView): string {
  const isIts = (known: { epoch: number }): boolean => known.epoch === ref.epoch;
  const place = view.epochs().find(isIts) ?? view.returned().find(isIts);
  return must(place, 'an entry stands in an epoch of this ledger').origin;
}

/**
 * The accepted answer that the entry at `ref` stands for. One that was carried over claims an id only
 * where the first entry is lost; the answer was about that one.
 */
export function acceptedAgain(
  found: { ref: EntryRef; header: JsonObject },
  submissionHash: string,
  view: LedgerView,
): Reply {
  const { ref, header } = found;
  const first = (header['carriedFrom'] as First | undefined) ?? {
    origin: originOf(ref, view),
    index: ref.index,
    leafHash: base64(must(view.leafHash(ref), 'each entry has its leaf hash')),
    recordedAt: header['recordedAt'] as string,
  };
  const { origin, index, leafHash, recordedAt } = first;
  const rights = readTransactionRights(header['rights']);
  const text = formatResult({
    transactionId: header['transactionId'] as string,
    submissionHash,
    outcome: 'accepted',
    ...{ origin, index, leafHash, recordedAt },
    ...(rights !== undefined && { rights: rightsInOrder(rights) }),
  });
  return { outcome: 'accepted', origin, index, text, duplicate: true };
}

/** In the order that an entry's header has, so that the answer given again has the same bytes. */
export function rightsInOrder(rights: TransactionRights): TransactionRights {
  const text = must(canonicalText(rights), 'rights are written in an entry');
  return JSON.parse(text) as TransactionRights;
}

/** The refusal or conflict that the entry at `ref` keeps. */
export function answeredAgain(ref: EntryRef, submissionHash: string, view: LedgerView): Reply {
  const header = readHeader(must(view.leaf(ref), 'an answer that was given is kept'));
  const origin = originOf(ref, view);
  return header['kind'] === 'conflict'
    ? conflictReply({ ref, origin, header, submissionHash, duplicate: true })
    : rejectedReply({ ref, origin, header, submissionHash, duplicate: true });
}

interface FromEntry {
  readonly ref: EntryRef;
  readonly origin: string;
  /** Of the entry, or of the one that is being written. */
  readonly header: JsonObject;
  readonly submissionHash: string;
  readonly duplicate: boolean;
}

export function rejectedReply(from: FromEntry): Reply {
  const { header, origin, ref } = from;
  const omitted = header['errorsOmitted'];
  const text = formatResult({
    transactionId: (header['transactionId'] ?? null) as string | null,
    submissionHash: from.submissionHash,
    outcome: 'rejected',
    origin,
    index: ref.index,
    recordedAt: header['recordedAt'] as string,
    errors: orderedProblems(header['errors']),
    ...(typeof omitted === 'number' && { errorsOmitted: omitted }),
  });
  return { outcome: 'rejected', origin, index: ref.index, text, duplicate: from.duplicate };
}

export function conflictReply(from: FromEntry): Reply {
  const { header, origin, ref } = from;
  const claimant = header['claimedBy'] as ConflictResult['claimedBy'];
  const text = formatResult({
    transactionId: header['transactionId'] as string,
    submissionHash: from.submissionHash,
    outcome: 'conflict',
    origin,
    index: ref.index,
    recordedAt: header['recordedAt'] as string,
    claimedBy: { origin: claimant.origin, index: claimant.index, leafHash: claimant.leafHash },
    errors: orderedProblems(header['errors']),
  });
  return { outcome: 'conflict', origin, index: ref.index, text, duplicate: from.duplicate };
}

/**
 * Problems in the order of members that answers use. An entry's header has them in canonical order;
 * going through that form the first time too makes the answer given again equal byte for byte.
 */
function orderedProblems(errors: Json | undefined): Problem[] {
  const text = must(canonicalText(errors ?? []), 'problems were made fit for an entry');
  return (JSON.parse(text) as Problem[]).map(({ code, path, expected, got, message, hint }) => ({
    code,
    path,
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
    message,
    hint,
  }));
}
