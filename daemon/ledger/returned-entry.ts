/**
 * What an entry that HQ sent back says about the state beside the log: the id it claims, the answer
 * it keeps, the sequence number its device had reached, the rights that it moved. Read leniently: an entry that this release
 * cannot read is kept all the same and says nothing.
 */
import { hash } from 'node:crypto';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { isUuid } from '../../protocol/ids.ts';
import { decodeEntry, ENTRY_VERSION, type DecodedEntry } from '../../protocol/log/entry.ts';
import { conflictKey, onceKey, refusalKey } from './answer-keys.ts';
import type { RightsTold } from './apply-rights.ts';
import type { Blob } from './ledger-port.ts';
import { base64 } from './reply.ts';

/** An entry as HQ sent it back, its place and its hash verified. */
export interface ReturnedEntry {
  readonly leaf: Uint8Array;
  readonly leafHash: Uint8Array;
  readonly blob?: Blob;
}

/** Contiguous entries of one log. */
export interface ReturnedSlice {
  readonly origin: string;
  readonly start: number;
  readonly entries: readonly ReturnedEntry[];
}

export type Told = ToldOfLog & {
  /** Of an entry that says something of rights. */
  readonly rights?: RightsTold;
};

type ToldOfLog =
  | {
      readonly kind: 'transaction';
      readonly transactionId: string;
      readonly contentHash: string | undefined;
      /** It was written again from an earlier epoch, whose entry came first. */
      readonly isCarried: boolean;
      readonly deviceId: string | undefined;
      readonly sequenceNumber: number | undefined;
    }
  | { readonly kind: 'answer'; readonly key: Uint8Array }
  | { readonly kind: 'nothing' };

const NOTHING: ToldOfLog = { kind: 'nothing' };

/** Kinds that change rows of rights; a transaction does where it has such a member. */
const OF_RIGHTS: ReadonlySet<string> = new Set(['grant', 'anchor', 'epoch']);

export function toldBy(entry: ReturnedEntry): Told {
  const decoded = decode(entry.leaf);
  if (decoded?.header.v !== ENTRY_VERSION) return NOTHING;
  const header = decoded.header as unknown as JsonObject;
  const { kind } = decoded.header;
  const told = toldOfLog(entry, decoded);
  const isOfRights = kind === 'transaction' ? header['rights'] !== undefined : OF_RIGHTS.has(kind);
  return isOfRights ? { ...told, rights: { kind, members: header } } : told;
}

function toldOfLog(entry: ReturnedEntry, decoded: DecodedEntry): ToldOfLog {
  const header = decoded.header as unknown as JsonObject;
  const body = decoded.header.body.at === 'blob' ? entry.blob?.bytes : decoded.body;
  const once = text(header['once']);
  if (once !== undefined) return { kind: 'answer', key: onceKey(once) };
  switch (decoded.header.kind) {
    case 'transaction':
      return transactionOf(header, body);
    case 'conflict':
      return conflictOf(header);
    case 'rejected':
      return refusalOf(header, body);
    default:
      return NOTHING;
  }
}

function decode(leaf: Uint8Array): DecodedEntry | undefined {
  try {
    return decodeEntry(leaf);
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}

function transactionOf(header: JsonObject, body: Uint8Array | undefined): ToldOfLog {
  const transactionId = text(header['transactionId']);
  if (transactionId === undefined || !isUuid(transactionId)) return NOTHING;
  return {
    kind: 'transaction',
    transactionId,
    contentHash: text(header['contentHash']),
    isCarried: header['carriedFrom'] !== undefined,
    deviceId: text(header['deviceId']),
    sequenceNumber: body && sequenceNumberIn(body, header['mediaType'] === 'application/jose'),
  };
}

/** The body was judged once, so it is read without a second look at its rules. */
function sequenceNumberIn(body: Uint8Array, isJws: boolean): number | undefined {
  const whole = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const payload = isJws
    ? Buffer.from(whole.toString('latin1').split('.')[1] ?? '', 'base64url')
    : whole;
  try {
    const content = JSON.parse(payload.toString('utf8')) as Json;
    const value = isJsonObject(content) ? content['sequenceNumber'] : undefined;
    return Number.isSafeInteger(value) ? (value as number) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function conflictOf(header: JsonObject): ToldOfLog {
  const transactionId = text(header['transactionId']);
  const contentHash = text(header['contentHash']);
  // A conflict that was found among entries sent back was nobody's answer, and names no content.
  if (transactionId === undefined || contentHash === undefined) return NOTHING;
  return { kind: 'answer', key: conflictKey(transactionId, Buffer.from(contentHash, 'base64')) };
}

function refusalOf(header: JsonObject, body: Uint8Array | undefined): ToldOfLog {
  const deviceId = text(header['deviceId']);
  const errors = header['errors'];
  // The summary entry of a day above the quota keeps no answer of its own.
  if (deviceId === undefined || !Array.isArray(errors)) return NOTHING;
  const notKept = header['notKept'];
  const content =
    text(header['contentHash']) ??
    (isJsonObject(notKept) ? text(notKept['sha256']) : undefined) ??
    (body && base64(hash('sha256', body, 'buffer')));
  if (content === undefined || !errors.every((error) => isJsonObject(error))) return NOTHING;
  return { kind: 'answer', key: refusalKey({ deviceId, content, errors }) };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
