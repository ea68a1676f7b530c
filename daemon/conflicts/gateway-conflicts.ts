/**
 * The conflicts that a gateway knows of: those that it decided itself, which are entries of its own
 * logs, and those that headquarters decided about something in this store, which came by its feed.
 * What headquarters decides is ended there; to one of its own a person may add a note, once.
 */
import { ConflictBook } from '../../protocol/conflicts/conflict-book.ts';
import { readConflictEntry, resolvedMembers } from '../../protocol/conflicts/conflict-entry.ts';
import {
  checkResolution,
  inFull,
  shownConflict,
  shownDocument,
} from '../../protocol/conflicts/shown-conflict.ts';
import type {
  ConflictList,
  ShownConflict,
  ShownConflictInFull,
  ShownEntry,
} from '../../protocol/conflicts/shown-conflict.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { JsonObject } from '../../protocol/json/json-value.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { readableText } from '../../platform/readable-text.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { EntryRef } from '../ledger/ledger-port.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { readConflictDocuments } from './conflict-documents.ts';

export type GatewayConflictsOptions = {
  /** Runs `read` over the ledger. */
  reading: <T>(read: (ledger: LedgerReader) => T) => T;
  append: (command: Append) => Promise<Answer>;
  feedsFile: string;
};

/** The newest; who has more of them exports the log. */
const OWN_MAX = 2_000;

export class GatewayConflicts {
  readonly #options: GatewayConflictsOptions;

  constructor(options: GatewayConflictsOptions) {
    this.#options = options;
  }

  list(): ConflictList {
    const conflicts = this.#all();
    const open = conflicts.filter(({ state }) => state === 'open').length;
    return { open, decided: conflicts.length - open, conflicts };
  }

  /** Throws `CONFLICT_UNKNOWN`. */
  show(conflictId: string): ShownConflictInFull {
    const shown = this.#find(conflictId);
    const entries = this.#options.reading((ledger) =>
      shown.sides.map((side) => entryIn(ledger, side)),
    );
    return inFull(shown, entries);
  }

  /** Throws `CONFLICT_UNKNOWN`, `CONFLICT_ELSEWHERE`, `CONFLICT_DECIDED`. */
  async resolve(
    conflictId: string,
    said: { note: string; winner: number | null },
  ): Promise<{ origin: string; index: number }> {
    const shown = this.#find(conflictId);
    if (shown.decidedAt === 'headquarters') {
      throw new TillgateError('CONFLICT_ELSEWHERE', `${shown.rule} is decided at headquarters.`);
    }
    const members = resolvedMembers({ conflictId, ...checkResolution(shown, said) });
    const once = `resolved ${conflictId}`;
    const answer = await this.#options.append({ type: 'append', kind: 'conflict', members, once });
    if (!answer.duplicate) return { origin: answer.origin, index: answer.index };
    throw new TillgateError('CONFLICT_DECIDED', 'Somebody else settled it at the same moment.');
  }

  #find(conflictId: string): ShownConflict {
    const found = this.#all().find((one) => one.conflictId === conflictId);
    if (found !== undefined) return found;
    throw new TillgateError('CONFLICT_UNKNOWN', `This gateway knows no conflict ${conflictId}.`);
  }

  /** Open ones first, then those of its own, the newest first. */
  #all(): ShownConflict[] {
    const book = this.#options.reading(bookOf);
    const documents = readConflictDocuments(this.#options.feedsFile);
    const all = new Map(book.all().map((one) => [one.conflictId, shownConflict(one)]));
    for (const document of documents) all.set(document.conflictId, shownDocument(document));
    const isOpen = ({ state }: ShownConflict): number => (state === 'open' ? 0 : 1);
    return [...all.values()].toSorted((a, b) => isOpen(a) - isOpen(b));
  }
}

function bookOf(ledger: LedgerReader): ConflictBook {
  const book = new ConflictBook();
  for (const ref of ledger.conflicts.newest(OWN_MAX)) {
    const { log, leaf } = leafAt(ledger, ref);
    if (leaf === undefined) continue;
    const { header } = decodeEntry(leaf);
    const at = { origin: log.origin, index: ref.index };
    const said = readConflictEntry(header as unknown as JsonObject, at);
    const { hlc, recordedAt } = header;
    if (said !== undefined) book.add(said, { ...at, hlc, recordedAt });
  }
  return book;
}

function leafAt(
  ledger: LedgerReader,
  { epoch, index }: EntryRef,
): { log: LedgerReader; leaf: Uint8Array | undefined } {
  const log = ledger.ofEpoch(epoch);
  return { log, leaf: log.entry(index) };
}

/** Null for an entry of another gateway, or of a log that is not here. */
function entryIn(
  ledger: LedgerReader,
  { origin, index }: { origin: string; index: number },
): ShownEntry | null {
  const isIts = (known: { origin: string; size: number }): boolean =>
    known.origin === origin && index < known.size;
  const place = ledger.epochs().find(isIts) ?? ledger.returned().find(isIts);
  if (place === undefined) return null;
  const { log, leaf } = leafAt(ledger, { epoch: place.epoch, index });
  if (leaf === undefined) return null;
  const { header, body } = decodeEntry(leaf);
  const bytes = header.body.at === 'blob' ? log.blob(index)?.bytes : body;
  const text = bytes === undefined ? null : readableText(bytes);
  return { header, body: text, bodyBytes: bytes?.length ?? 0 };
}
