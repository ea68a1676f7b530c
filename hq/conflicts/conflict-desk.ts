/**
 * What people do about conflicts at headquarters: see all that it and its stores know of, with what
 * both sides say, and say how one ends. What is said is an entry of headquarters' own log, once for
 * each conflict, and goes to the stores by their feeds.
 */
import { TillgateError, isTillgateError } from '../../protocol/errors.ts';
import { resolvedMembers } from '../../protocol/conflicts/conflict-entry.ts';
import type { KnownConflict } from '../../protocol/conflicts/conflict-book.ts';
import { checkResolution, inFull, shownConflict } from '../../protocol/conflicts/shown-conflict.ts';
import type {
  ConflictList,
  ShownConflictInFull,
  ShownEntry,
} from '../../protocol/conflicts/shown-conflict.ts';
import { BLOB_SALT_BYTES, decodeEntry } from '../../protocol/log/entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { readableText } from '../../platform/readable-text.ts';
import type { CustodyReader } from '../custody/custody.ts';
import type { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionCall, ProjectionResults } from '../projection/projection-call.ts';

export type ConflictDeskOptions = {
  custody: Pick<CustodyReader, 'entry' | 'blob'>;
  ownLog: Pick<OwnLog, 'record'>;
  ask: <C extends ProjectionCall>(call: C) => Promise<ProjectionResults[C['call']]>;
};

/** More are read in pieces from the database. */
const LISTED_MAX = 1_000;

export class ConflictDesk {
  readonly #options: ConflictDeskOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ConflictDeskOptions) {
    this.#options = options;
  }

  async list(): Promise<ConflictList> {
    const read = await this.#options.ask({ call: 'conflicts', limit: LISTED_MAX });
    const { open, decided, conflicts } = read;
    return { open, decided, conflicts: conflicts.map(shownConflict) };
  }

  /** Throws `CONFLICT_UNKNOWN`. */
  async show(conflictId: string): Promise<ShownConflictInFull> {
    const conflict = await this.#find(conflictId);
    const entries: (ShownEntry | null)[] = [];
    for (const side of conflict.sides) entries.push(await this.#entry(side));
    return inFull(shownConflict(conflict), entries);
  }

  /** Durable when it resolves. Throws `CONFLICT_UNKNOWN`, `CONFLICT_ELSEWHERE`, `CONFLICT_DECIDED`. */
  resolve(
    conflictId: string,
    said: { note: string; winner: number | null },
  ): Promise<{ origin: string; index: number }> {
    // One after the other: the second of two sees what the first has said.
    const result = this.#turn.then(() => this.#resolve(conflictId, said));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #resolve(
    conflictId: string,
    said: { note: string; winner: number | null },
  ): Promise<{ origin: string; index: number }> {
    const conflict = await this.#find(conflictId);
    const shown = shownConflict(conflict);
    if (shown.decidedAt === 'gateway') {
      const { store, gateway } = parseOrigin(conflict.found.origin);
      const message = `The conflict stands in the log of gateway ${gateway} of store ${store}.`;
      const hint = 'Run the same command there.';
      throw new TillgateError('CONFLICT_ELSEWHERE', message, { hint });
    }
    const members = resolvedMembers({ conflictId, ...checkResolution(shown, said) });
    return this.#options.ownLog.record({ kind: 'conflict', members });
  }

  async #find(conflictId: string): Promise<KnownConflict> {
    const { conflicts } = await this.#options.ask({ call: 'conflicts', limit: 1, conflictId });
    if (conflicts[0] !== undefined) return conflicts[0];
    throw new TillgateError('CONFLICT_UNKNOWN', `Headquarters knows no conflict ${conflictId}.`);
  }

  async #entry({ origin, index }: { origin: string; index: number }): Promise<ShownEntry | null> {
    const { custody } = this.#options;
    const kept = await custody.entry(origin, index);
    if (kept === undefined) return null;
    try {
      const { header, body } = decodeEntry(kept.leaf);
      const isBlob = header.body.at === 'blob';
      const bytes = isBlob
        ? (await custody.blob(origin, index))?.bytes.subarray(BLOB_SALT_BYTES)
        : body;
      const text = bytes === undefined ? null : readableText(bytes);
      return { header, body: text, bodyBytes: bytes?.length ?? 0 };
    } catch (error) {
      if (!isTillgateError(error, 'LOG_ENTRY_INVALID')) throw error;
      return { header: null, body: readableText(kept.leaf), bodyBytes: kept.leaf.length };
    }
  }
}
