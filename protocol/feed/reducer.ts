/**
 * What an entry of a feed does to the documents, the same at headquarters, which tries a publication
 * on it before anything is written, and at every gateway. Pure over the port it is given: whoever
 * applies the same entries in the same order has the same documents and the same quarantine.
 *
 * A line that cannot be read, is of a later form, is wrong, or takes a code that another document
 * has, goes to quarantine; what had its id before stays in force, and the next line is looked at.
 */
import type { ErrorCode } from '../errors.ts';
import { shorten } from '../json/pointer.ts';
import { checkChange, codesOf, referenceOf } from './change.ts';
import type { FeedChange, FeedProblem, Put } from './change.ts';
import { isCollection } from './collections.ts';
import { COLLECTIONS, documentIdOf } from './documents.ts';
import type { Collection } from './collections.ts';
import type { FeedDocument, Price } from './documents.ts';
import { readFeedEntry } from './feed-entry.ts';
import type { ReadLine } from './feed-entry.ts';

/** The documents in their present state; reads see what was written before. */
export type FeedState = {
  document(collection: Collection, id: string): FeedDocument | undefined;
  put(change: Put, kept: { index: number; reference: string | null }): void;
  remove(collection: Collection, id: string): void;
  /** The document that has `code`. */
  holder(collection: Collection, code: string): string | undefined;
  claim(collection: Collection, code: string, id: string): void;
  release(collection: Collection, code: string): void;
};

export type Applied = { op: 'put' | 'delete'; collection: Collection; id: string };

export type Quarantined = {
  index: number;
  /** Of the entry's body, from 0; null for the entry as a whole. */
  line: number | null;
  code: ErrorCode;
  path: string;
  message: string;
  /** As far as it could be read. */
  collection: string | null;
  id: string | null;
};

/** What went to quarantine as it came, so that a later release can look at it again. */
export type Unread = Pick<Quarantined, 'index' | 'line' | 'collection' | 'id'> & {
  /** The line; of an entry as a whole the leaf. */
  raw: Uint8Array;
};

export type Reduced = { applied: Applied[]; quarantined: Quarantined[]; unread: Unread[] };

/** Applies the entry `leaf` at `index` to `state`. */
export function applyFeedEntry(
  state: FeedState,
  { index, leaf }: { index: number; leaf: Uint8Array },
): Reduced {
  const read = readFeedEntry(leaf);
  if (read.kind === 'unreadable') {
    const nameless = { index, collection: null, id: null, line: null };
    const problem = { code: 'FEED_ENTRY_UNREADABLE', message: read.message, path: '' } as const;
    const quarantined = [{ ...nameless, ...problem }];
    return { applied: [], quarantined, unread: [{ ...nameless, raw: leaf }] };
  }
  if (read.kind !== 'changes') return { applied: [], quarantined: [], unread: [] };
  return applyLines(
    state,
    read.lines.map((line) => ({ ...line, index })),
  );
}

/** Applies lines, each said by the entry `index`. */
export function applyLines(
  state: FeedState,
  lines: readonly (ReadLine & { index: number })[],
): Reduced {
  const applied: Applied[] = [];
  const quarantined: Quarantined[] = [];
  const unread: Unread[] = [];
  for (const { index, line, value, bytes } of lines) {
    const checked =
      value === undefined
        ? { ok: false as const, problems: [UNREADABLE_LINE] }
        : checkChange(value);
    const problem = checked.ok ? applyChange(state, checked.change, index) : checked.problems[0];
    if (checked.ok && problem === undefined) {
      const { op, collection, id } = checked.change;
      applied.push({ op, collection, id });
      continue;
    }
    const about = checked.ok ? checked.change : claimedName(value);
    const { collection, id } = about;
    quarantined.push({ index, line, collection, id, ...(problem ?? UNREADABLE_LINE) });
    // A form of later may be read by a later release; a code that is taken stays taken.
    if (!checked.ok) unread.push({ index, line, collection, id, raw: bytes });
  }
  return { applied, quarantined, unread };
}

/** Applies one change; gives why it could not be, and then nothing has changed. */
export function applyChange(
  state: FeedState,
  change: FeedChange,
  index: number,
): FeedProblem | undefined {
  const { collection, id } = change;
  const before = state.document(collection, id);
  const oldCodes = before === undefined ? [] : codesOf(collection, before);
  if (change.op === 'delete') {
    for (const code of oldCodes) state.release(collection, code);
    if (before !== undefined) state.remove(collection, id);
    return undefined;
  }
  const newCodes = codesOf(collection, change.document);
  for (const code of newCodes) {
    const holder = state.holder(collection, code);
    if (holder !== undefined && holder !== id) return taken(code, holder);
  }
  for (const code of oldCodes) if (!newCodes.includes(code)) state.release(collection, code);
  for (const code of newCodes) if (!oldCodes.includes(code)) state.claim(collection, code, id);
  state.put(change, { index, reference: referenceOf(collection, change.document) });
  return undefined;
}

function taken(code: string, holder: string): FeedProblem {
  const shown = code.replace(/^\u0001/, 'label prefix ');
  const message = `${shown} is the code of ${holder} already.`;
  return { code: 'FEED_CODE_TAKEN', path: '/document', message };
}

const UNREADABLE_LINE: FeedProblem = {
  code: 'FEED_DOCUMENT_INVALID',
  path: '',
  message: 'It is not one line of JSON with whole numbers.',
};

const NAME_CHARACTERS_MAX = 128;

/** Of a line that was refused: for people to find it. */
function claimedName(value: unknown): { collection: string | null; id: string | null } {
  const text = (member: unknown): string | null =>
    typeof member === 'string' ? shorten(member, NAME_CHARACTERS_MAX) : null;
  const { collection, id, document } = Object(value) as Record<string, unknown>;
  const members = Object(document) as Record<string, unknown>;
  if (collection === 'price' && text(members['itemId']) !== null) {
    return { collection, id: documentIdOf('price', members as unknown as Price) };
  }
  const named = isCollection(collection) ? COLLECTIONS[collection].id : undefined;
  const own = named === undefined ? null : text(members[named]);
  return { collection: text(collection), id: text(id) ?? own };
}
