/**
 * What the QR code of a receipt says: which entry of which log it is the receipt of, and a few
 * characters by which the entry is recognised (SPEC.md section 5).
 *
 *   tillgate:hq.example.com/acme/s0417/g1/e1#41.GxQ3kF0a
 *            origin                          index check
 *
 * The check value finds slips and casual forgeries, not determined ones: whoever has the log asks
 * for the proof of the entry.
 */
import { isTillgateError } from '../errors.ts';
import { parseOrigin } from '../log/origin.ts';
import { assert } from '../must.ts';

/** Six bytes: eight characters without padding, and a guess succeeds once in 2^48. */
const CHECK_BYTES = 6;
const SCHEME = 'tillgate:';
const FORM = /^tillgate:([a-z0-9./-]{1,400})#(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{8})$/;

export interface ReceiptReference {
  readonly origin: string;
  readonly index: number;
  /** The first six bytes of the leaf hash, base64url. */
  readonly check: string;
}

/** `leafHash` has 32 bytes. */
export function checkValue(leafHash: Uint8Array): string {
  assert(leafHash.length === 32, 'a leaf hash has 32 bytes');
  return Buffer.from(leafHash.subarray(0, CHECK_BYTES)).toString('base64url');
}

export function formatReference({ origin, index, check }: ReceiptReference): string {
  return `${SCHEME}${origin}#${index}.${check}`;
}

/** Undefined for anything that `formatReference` would not write. */
export function parseReference(text: string): ReceiptReference | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, origin = '', digits = '', check = ''] = match;
  const index = Number(digits);
  return Number.isSafeInteger(index) && isOrigin(origin) ? { origin, index, check } : undefined;
}

function isOrigin(text: string): boolean {
  try {
    parseOrigin(text);
    return true;
  } catch (error) {
    if (isTillgateError(error, 'LOG_ORIGIN_INVALID')) return false;
    throw error;
  }
}
