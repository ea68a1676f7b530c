/**
 * Entries of a feed: as many changes as fit an inline body, one a line. A publication is a run of
 * such entries, numbered `part` of `parts`; it is meant to count as a whole, so a reader puts it in
 * force with its last part. Other kinds of entries (`epoch`, which opens a feed) change nothing.
 */
import { isTillgateError } from '../errors.ts';
import type { Json } from '../json/json-value.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import { INLINE_BODY_MAX, decodeEntry } from '../log/entry.ts';
import type { DecodedEntry } from '../log/entry.ts';
import { assert } from '../must.ts';
import { changeLine } from './change.ts';
import type { FeedChange } from './change.ts';

export const FEED_MEDIA_TYPE = 'application/x-ndjson';

/** What an entry of a feed says beside the common members. */
export type FeedMembers = { publication: string; part: number; parts: number; changes: number };

export type PackedPart = { members: FeedMembers; body: Uint8Array };

/** One line of an entry: a value to be judged, or the reason why it is none. */
export type ReadLine = { line: number; value: Json | undefined; bytes: Uint8Array };

export type ReadFeedEntry =
  /** `isLast` ends a publication. */
  | { kind: 'changes'; lines: ReadLine[]; isLast: boolean; publication: string }
  /** Nothing for a reader of documents. */
  | { kind: 'nothing' }
  | { kind: 'unreadable'; message: string };

/** What a publication may hold, so that a reader can keep its parts until the last: some 128 MiB. */
export const PUBLICATION_PARTS_MAX = 4_096;

const LF = 0x0a;

/** The entries of one publication; undefined where it has more parts than it may. */
export function packPublication(
  publication: string,
  changes: Iterable<FeedChange>,
): PackedPart[] | undefined {
  const bodies: { lines: string[]; bytes: number }[] = [];
  for (const change of changes) {
    const line = `${changeLine(change)}\n`;
    const bytes = Buffer.byteLength(line);
    assert(bytes <= INLINE_BODY_MAX, 'a change fits an entry');
    const open = bodies.at(-1);
    if (open !== undefined && open.bytes + bytes <= INLINE_BODY_MAX) {
      open.lines.push(line);
      open.bytes += bytes;
    } else {
      bodies.push({ lines: [line], bytes });
    }
  }
  if (bodies.length > PUBLICATION_PARTS_MAX) return undefined;
  const parts = bodies.length;
  return bodies.map(({ lines }, part) => ({
    members: { publication, part, parts, changes: lines.length },
    body: Buffer.from(lines.join(''), 'utf8'),
  }));
}

/** Reads the leaf of a feed; never throws for what it says. */
export function readFeedEntry(leaf: Uint8Array): ReadFeedEntry {
  let entry: DecodedEntry;
  try {
    entry = decodeEntry(leaf);
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return unreadable(error.message);
    throw error;
  }
  const { header, body } = entry;
  if (header.v !== 1) return unreadable(`It is of version ${header.v}.`);
  if (header.kind !== 'feed') return { kind: 'nothing' };
  const { part, parts, publication } = header as unknown as Partial<FeedMembers>;
  if (header.body.at !== 'inline' || typeof publication !== 'string') {
    return unreadable('It is no part of a publication.');
  }
  return { kind: 'changes', publication, lines: linesOf(body), isLast: part === Number(parts) - 1 };
}

function linesOf(body: Uint8Array): ReadLine[] {
  const lines: ReadLine[] = [];
  let start = 0;
  while (start < body.length) {
    const found = body.indexOf(LF, start);
    const end = found === -1 ? body.length : found;
    lines.push(readLine(body.subarray(start, end), lines.length));
    start = end + 1;
  }
  return lines;
}

/** One line of an entry, or of a snapshot. */
export function readLine(bytes: Uint8Array, line: number): ReadLine {
  const parsed = parseStrictJson(bytes);
  return { line, value: parsed.faults.length === 0 ? parsed.value : undefined, bytes };
}

function unreadable(message: string): ReadFeedEntry {
  return { kind: 'unreadable', message };
}
