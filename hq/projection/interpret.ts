/**
 * From an entry to what the projection's tables say about it. Pure, and total: whatever cannot be
 * understood comes back as a reason for quarantine, never as an exception, so that one bad entry
 * does not stop the next. The content of a transaction is judged again by the same rules as at the
 * gateway; its signature is not, because the device's keys at that moment are the gateway's to know.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import {
  BLOB_SALT_BYTES,
  ENTRY_KINDS,
  ENTRY_VERSION,
  decodeEntry,
} from '../../protocol/log/entry.ts';
import type { DecodedEntry, EntryHeader } from '../../protocol/log/entry.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { judgeSubmission } from '../../protocol/transaction/judge.ts';
import type { Transaction } from '../../protocol/transaction/schema.ts';

export type InterpretedTransaction = {
  kind: 'transaction';
  header: EntryHeader;
  content: Transaction;
  contentHash: string;
};

export type Interpretation =
  | InterpretedTransaction
  | { kind: 'rejected' | 'conflict' | 'device' | 'waiver' | 'audit'; header: EntryHeader }
  /** Known and of no interest to any table. */
  | { kind: 'nothing' }
  | { kind: 'quarantine'; reason: string; uninterpreted: boolean };

const KNOWN_KINDS: ReadonlySet<string> = new Set(ENTRY_KINDS);

/** `blob` is salt ‖ bytes where the entry's body is one and custody has it. */
export function interpretEntry(leaf: Uint8Array, blob: Uint8Array | undefined): Interpretation {
  let entry: DecodedEntry;
  try {
    entry = decodeEntry(leaf);
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return quarantine(error.message);
    throw error;
  }
  const { header, body } = entry;
  if (header.v !== ENTRY_VERSION) return later(`the entry is of version ${header.v}`);
  switch (header.kind) {
    case 'transaction':
      if (header.body.at === 'inline') return interpretTransaction(header, body);
      if (blob === undefined) return quarantine('its body is a blob that is not here');
      return interpretTransaction(header, blob.subarray(BLOB_SALT_BYTES));
    case 'rejected':
      return { kind: 'rejected', header };
    case 'conflict':
      return { kind: 'conflict', header };
    case 'device':
      return { kind: 'device', header };
    case 'waiver':
      return { kind: 'waiver', header };
    case 'audit':
      return { kind: 'audit', header };
    default:
      if (KNOWN_KINDS.has(header.kind)) return { kind: 'nothing' };
      return later(`the entry is of the unknown kind ${header.kind}`);
  }
}

function interpretTransaction(header: EntryHeader, body: Uint8Array): Interpretation {
  const content = header.mediaType === 'application/jose' ? payloadOfJws(body) : Buffer.from(body);
  if (content === undefined) return quarantine('its JWS has no payload that can be read');
  const judged = judgeSubmission(content, { deviceKeys: [], requireSignature: false });
  if (judged instanceof Promise) return quarantine('its payload is a JWS in a JWS');
  if (judged.verdict === 'refused') {
    const [first] = judged.problems;
    return quarantine(
      `${first?.code ?? 'refused'} at ${first?.path ?? ''}: ${first?.message ?? ''}`,
    );
  }
  const contentHash = encodeBase64(judged.contentHash);
  if (header.contentHash !== undefined && header.contentHash !== contentHash) {
    return quarantine('its content does not have the contentHash that its header names');
  }
  if (!judged.interpreted) return later('the transaction is of a later schemaVersion');
  // What was judged acceptable and interpreted has the schema's form.
  const transaction = JSON.parse(content.toString('utf8')) as Transaction;
  return { kind: 'transaction', header, content: transaction, contentHash };
}

function payloadOfJws(body: Uint8Array): Buffer | undefined {
  const parts = Buffer.from(body).toString('latin1').split('.');
  const payload = parts[1];
  if (parts.length !== 3 || payload === undefined || payload === '') return undefined;
  return Buffer.from(payload, 'base64url');
}

function quarantine(reason: string): Interpretation {
  return { kind: 'quarantine', reason, uninterpreted: false };
}

/** Not wrong, only not yet understood; a later release reads it. */
function later(reason: string): Interpretation {
  return { kind: 'quarantine', reason, uninterpreted: true };
}
