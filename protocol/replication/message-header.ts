/**
 * The header line of a replication message: read member by member against a rule each, written in
 * RFC 8785 form. The reader refuses a line that is not already canonical, which also catches
 * duplicate members, odd numbers and stray white space.
 */
import { canonicalText, parseCanonicalText } from '../log/canonical-line.ts';
import type { Json } from '../json/json-value.ts';
import { assert } from '../must.ts';
import { HEADER_BYTES_MAX } from './limits.ts';

const LF = 0x0a;

export type HeaderMembers = Record<string, unknown>;

/** Reads one member; `undefined` means that the value is not what the rule allows. */
export type MemberRule<T> = (value: unknown) => T | undefined;

export type ReadHeader =
  { ok: true; members: HeaderMembers; body: Uint8Array } | { ok: false; detail: string };

/** Splits a payload into its header members and its body. Never throws. */
export function readHeader(payload: Uint8Array): ReadHeader {
  const end = payload.subarray(0, HEADER_BYTES_MAX).indexOf(LF);
  if (end < 0) return { ok: false, detail: 'no header line within 4 KiB' };
  const text = decodeUtf8(payload.subarray(0, end));
  if (text === undefined) return { ok: false, detail: 'the header is not UTF-8' };
  const members = parseCanonicalText(text);
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    return { ok: false, detail: 'the header is not an object in RFC 8785 form' };
  }
  return { ok: true, members, body: payload.subarray(end + 1) };
}

/** Joins a header and its body parts into one payload; members that are undefined are left out. */
export function writeHeader(members: HeaderMembers, ...body: readonly Uint8Array[]): Uint8Array {
  const line = Buffer.from(`${canonicalText(defined(members)) ?? ''}\n`, 'utf8');
  assert(line.length > 1, 'a header has a canonical form');
  assert(line.length <= HEADER_BYTES_MAX, 'a header line fits its limit');
  return Buffer.concat([line, ...body]);
}

/** A safe integer from 0 to `max`. */
export function integerUpTo(max: number): MemberRule<number> {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? value
      : undefined;
}

/** A string that `pattern` matches as a whole. */
export function textMatching(pattern: RegExp): MemberRule<string> {
  return (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined);
}

/** Absent stays absent; present must satisfy `rule`. */
export function readOptional<T>(
  members: HeaderMembers,
  name: string,
  rule: MemberRule<T>,
): { ok: true; value: T | undefined } | { ok: false } {
  if (!Object.hasOwn(members, name)) return { ok: true, value: undefined };
  const value = rule(members[name]);
  return value === undefined ? { ok: false } : { ok: true, value };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function defined(members: HeaderMembers): Json {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Json;
}
