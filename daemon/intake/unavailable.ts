/**
 * The answer when the ledger cannot take a submission now: nothing was recorded, nothing is
 * acknowledged, the same bytes may come again. It is made on the broker's thread without judging,
 * so it names the transaction only where plain JSON gives its id away.
 */
import { createHash } from 'node:crypto';
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import { isUuid } from '../../protocol/ids.ts';
import { formatResult } from '../../protocol/result.ts';
import type { SubmissionItem, UnavailableCode } from './submission-item.ts';

/** Long enough for a group commit on a slow disk, short enough for a customer at the till. */
const BUSY_RETRY_MS = 1_000;
/** Space comes back when a person makes it. */
const DISK_FULL_RETRY_MS = 15_000;
/** Parsing is for a name only; a larger payload goes without. */
const PARSED_BYTES_MAX = 64 * 1024;

/** The result document as JSON text in UTF-8. */
export function unavailableResult(item: SubmissionItem, code: UnavailableCode): Buffer {
  const hash = item.oversized?.sha256 ?? createHash('sha256').update(item.payload).digest();
  const { means, fix } = ERROR_CODES[code];
  const text = formatResult({
    transactionId: readTransactionId(item.payload),
    submissionHash: hash.toString('base64'),
    outcome: 'unavailable',
    retryAfterMs: code === 'LEDGER_BUSY' ? BUSY_RETRY_MS : DISK_FULL_RETRY_MS,
    errors: [{ code, path: '', message: means, hint: fix }],
  });
  return Buffer.from(text, 'utf8');
}

function readTransactionId(payload: Buffer): string | null {
  if (payload.length === 0 || payload.length > PARSED_BYTES_MAX) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload.toString('utf8'));
  } catch (error) {
    // Only a SyntaxError can come: a JWS, or no JSON at all.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null || !('transactionId' in parsed)) return null;
  const { transactionId } = parsed;
  return typeof transactionId === 'string' && isUuid(transactionId) ? transactionId : null;
}
