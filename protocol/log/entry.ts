/**
 * Log entries: the leaves of a log.
 *
 *     header, one line of RFC 8785 JSON   LF   body bytes exactly as received
 *
 * The header tells length and SHA-256 of the body. Bodies up to 32 KiB follow inline; larger ones,
 * and all rejected ones, are blobs: the header then holds SHA-256(salt ‖ bytes) with a random salt
 * that is kept beside the blob, so that deleting both later reveals nothing while the root stands.
 *
 * Decoding is strict about form (a leaf has one reading, and re-encodes to itself) and tolerant
 * about meaning: kinds and header versions that this program does not know are entries like others,
 * because keeping bytes and understanding them are two things.
 */
import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { TillgateError } from '../errors.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { encodeBase64 } from './base64.ts';
import { isPlainCanonical } from './canonical-scan.ts';
import { canonicalText, parseCanonicalText } from './canonical-line.ts';

export const ENTRY_KINDS = [
  'epoch',
  'transaction',
  'rejected',
  'conflict',
  'device',
  'config',
  'anchor',
  'feed',
  'feedHead',
  'grant',
  'peripheral',
  'audit',
  'closing',
  'redaction',
  'waiver',
  'note',
] as const;
/** The kinds this version writes; others are read as well. */
export type EntryKind = (typeof ENTRY_KINDS)[number];

export const ENTRY_VERSION = 1;
/** Bodies up to this many bytes stand in the leaf; larger ones are blobs. */
export const INLINE_BODY_MAX = 32_768;
/** C2SP's tiled logs frame an entry with 16 bits of length, so no leaf is larger. */
export const LEAF_BYTES_MAX = 65_535;
/** As long as the hash, so that a short body cannot be guessed from its blob hash. */
export const BLOB_SALT_BYTES = 32;

const LF = 0x0a;
const DIGEST = /^[A-Za-z0-9+/]{43}=$/;
const RFC3339_MS = /^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z$/;
const HLC_FORM = /^[0-9]{15}-[0-9]{5}$/;

/** What the header says about the body. */
export interface EntryBody {
  readonly length: number;
  /** Base64; of the bytes when inline, of salt ‖ bytes when a blob. */
  readonly sha256: string;
  readonly at: 'inline' | 'blob';
}

export interface EntryClock {
  /** Milliseconds since 1970 as the machine believed. */
  readonly wall: number;
  /** Milliseconds on a clock that does not jump, whole; comparable within one bootId. */
  readonly monotonicMs: number;
  readonly bootId: string;
  /** What the wall clock follows: `system`, `ntp`, … */
  readonly source: string;
}

/** The members that every entry of version 1 has; those of its kind stand beside them. */
export interface EntryHeader {
  readonly v: number;
  readonly kind: string;
  readonly index: number;
  /** RFC 3339, UTC, with milliseconds. */
  readonly recordedAt: string;
  readonly clock: EntryClock;
  /** `<wall ms, 15 digits>-<counter, 5 digits>`. */
  readonly hlc: string;
  readonly body: EntryBody;
  readonly deviceId?: string;
  readonly mediaType?: string;
  /** Base64. */
  readonly contentHash?: string;
  readonly [member: string]: Json | EntryBody | EntryClock | undefined;
}

export interface DecodedEntry {
  /** For a version above 1 only v, kind and index are certain. */
  readonly header: EntryHeader;
  /** The bytes after the LF: the body when inline, empty when it is a blob. */
  readonly body: Uint8Array;
}

/** The header member for a body that stands in the leaf; without bytes, the empty body. */
export function inlineBody(bytes: Uint8Array = new Uint8Array(0)): EntryBody {
  return { at: 'inline', length: bytes.length, sha256: hash('sha256', bytes, 'base64') };
}

/** The header member for a body kept as a blob. */
export function blobBody(salt: Uint8Array, bytes: Uint8Array): EntryBody {
  return { at: 'blob', length: bytes.length, sha256: encodeBase64(blobHash(salt, bytes)) };
}

/** SHA-256(salt ‖ bytes). */
export function blobHash(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hash('sha256', Buffer.concat([salt, bytes]), 'buffer');
}

/**
 * The leaf. `body` is given exactly when the header says inline and not empty. Throws
 * `LOG_ENTRY_INVALID` when header and body do not belong together, or the leaf would be too large.
 */
export function encodeEntry(header: EntryHeader, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const problem = headerProblem(header) ?? bodyProblem(header.body, body);
  if (problem !== undefined) throw invalid(problem);
  const line = canonicalText(header as Json);
  if (line === undefined) throw invalid('its header has no RFC 8785 form');
  const headerBytes = Buffer.byteLength(line);
  const length = headerBytes + 1 + body.length;
  if (length > LEAF_BYTES_MAX) throw invalid(`it has ${length} bytes, ${LEAF_BYTES_MAX} at most`);
  const leaf = Buffer.allocUnsafeSlow(length);
  leaf.write(line, 0, 'utf8');
  leaf[headerBytes] = LF;
  leaf.set(body, headerBytes + 1);
  return leaf;
}

/** Throws `LOG_ENTRY_INVALID`, with the first thing that is wrong, unless the leaf is well formed. */
export function decodeEntry(leaf: Uint8Array): DecodedEntry {
  const { header, body } = decodeHeader(leaf);
  if (header.v === ENTRY_VERSION) {
    const problem = headerProblem(header) ?? bodyProblem(header.body, body);
    if (problem !== undefined) throw invalid(problem);
  }
  return { header, body };
}

function decodeHeader(leaf: Uint8Array): DecodedEntry {
  if (leaf.length > LEAF_BYTES_MAX) throw invalid(`it has more than ${LEAF_BYTES_MAX} bytes`);
  const end = leaf.indexOf(LF);
  if (end < 0) throw invalid('it has no LF after its header');
  const line = Buffer.from(leaf.buffer, leaf.byteOffset, end);
  if (!isUtf8(line)) throw invalid('its header is not UTF-8');
  const text = line.toString('utf8');
  const value = isPlainCanonical(line) ? (JSON.parse(text) as Json) : parseCanonicalText(text);
  if (!isObject(value)) throw invalid('its header is not an object of RFC 8785 JSON');
  const { v, kind, index } = value;
  if (!isCount(v) || v < 1 || typeof kind !== 'string' || kind === '' || !isCount(index)) {
    throw invalid('its header lacks a version, a kind or an index');
  }
  return { header: value as unknown as EntryHeader, body: leaf.subarray(end + 1) };
}

/** The members of version 1; what else stands beside them belongs to the kind. */
function headerProblem(header: EntryHeader): string | undefined {
  const { v, kind, index, recordedAt, hlc } = header as JsonObject;
  if (v !== ENTRY_VERSION) return `its version is not ${ENTRY_VERSION}`;
  if (typeof kind !== 'string' || kind === '') return 'its kind is missing';
  if (!isCount(index)) return 'its index is not a whole number';
  if (typeof recordedAt !== 'string' || !RFC3339_MS.test(recordedAt)) {
    return 'its recordedAt is not RFC 3339 in UTC with milliseconds';
  }
  if (typeof hlc !== 'string' || !HLC_FORM.test(hlc)) return 'its hlc is not of the form';
  for (const name of ['deviceId', 'mediaType', 'contentHash']) {
    const member = (header as JsonObject)[name];
    if (member !== undefined && typeof member !== 'string') return `its ${name} is not a string`;
  }
  return clockProblem((header as JsonObject)['clock']) ?? describedProblem(header as JsonObject);
}

function clockProblem(clock: Json | undefined): string | undefined {
  if (!isObject(clock)) return 'its clock is missing';
  const { wall, monotonicMs, bootId, source } = clock;
  const whole = Number.isSafeInteger(wall) && isCount(monotonicMs);
  return whole && typeof bootId === 'string' && typeof source === 'string'
    ? undefined
    : 'its clock is not {wall, monotonicMs, bootId, source}';
}

function describedProblem(header: JsonObject): string | undefined {
  const described = header['body'];
  if (!isObject(described)) return 'its body member is missing';
  const { length, sha256, at } = described;
  return isCount(length) &&
    typeof sha256 === 'string' &&
    DIGEST.test(sha256) &&
    (at === 'inline' || at === 'blob')
    ? undefined
    : 'its body member is not {length, sha256, at}';
}

function bodyProblem(described: EntryBody, body: Uint8Array): string | undefined {
  if (described.at === 'blob') {
    return body.length === 0 ? undefined : 'bytes follow its header although its body is a blob';
  }
  if (described.length > INLINE_BODY_MAX) {
    return `its inline body has more than ${INLINE_BODY_MAX} bytes`;
  }
  if (described.length !== body.length) {
    return `its body has ${body.length} bytes where the header says ${described.length}`;
  }
  return hash('sha256', body, 'base64') === described.sha256
    ? undefined
    : 'its body does not have the SHA-256 that the header says';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalid(reason: string): TillgateError {
  return new TillgateError('LOG_ENTRY_INVALID', `The entry is malformed: ${reason}`);
}
