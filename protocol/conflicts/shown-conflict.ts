/**
 * A conflict as people see it, at a gateway and at headquarters alike: in lists, with what each side
 * says, and in the API. Members are only ever added.
 */
import type { ConflictDocument } from '../feed/conflict-document.ts';
import { TillgateError } from '../errors.ts';
import type { KnownConflict } from './conflict-book.ts';
import { NOTE_CHARACTERS_MAX } from './conflict-entry.ts';
import { ruleOf } from './rules.ts';

export type ShownConflict = {
  conflictId: string;
  rule: string;
  datum: string;
  sides: { origin: string; index: number; says: string | null }[];
  winner: number | null;
  state: 'open' | 'decided';
  by: 'rule' | 'person';
  /** Who writes about it: where it is resolved. */
  decidedAt: 'gateway' | 'headquarters';
  consequence: string | null;
  foundAt: string | null;
  /** What a person said in the end. */
  resolution: string | null;
  resolvedAt: string | null;
};

/** What an entry holds, as far as it can be read here. */
export type ShownEntry = { header: unknown; body: string | null; bodyBytes: number };

export type ShownConflictInFull = ShownConflict & {
  /** The rule in one sentence. */
  decides: string | null;
  /** By side; null for an entry that is not here. */
  entries: (ShownEntry | null)[];
  next: string;
};

export type ConflictList = { open: number; decided: number; conflicts: ShownConflict[] };

export function shownConflict(conflict: KnownConflict): ShownConflict {
  const { found, resolution, sides, consequence, ...rest } = conflict;
  return {
    ...rest,
    sides: sides.map(({ origin, index, says }) => ({ origin, index, says: says ?? null })),
    decidedAt: ruleOf(conflict.conflictId)?.writtenBy ?? 'headquarters',
    consequence: consequence ?? null,
    foundAt: found.recordedAt,
    resolution: resolution?.note ?? null,
    resolvedAt: resolution?.entry.recordedAt ?? null,
  };
}

/** Headquarters' word of one, as it came by the feed. */
export function shownDocument(document: ConflictDocument): ShownConflict {
  const { conflictId, rule, datum, sides, winner, consequence, decidedAt, resolution } = document;
  const needsPerson = ruleOf(conflictId)?.by === 'person';
  return {
    ...{ conflictId, rule, datum, winner },
    sides: sides.map(({ origin, index, says }) => ({ origin, index, says: says ?? null })),
    state: needsPerson && resolution === undefined ? 'open' : 'decided',
    by: needsPerson || resolution !== undefined ? 'person' : 'rule',
    decidedAt: 'headquarters',
    consequence: consequence ?? null,
    foundAt: decidedAt ?? null,
    ...{ resolution: resolution ?? null, resolvedAt: null },
  };
}

/** The conflict as the feeds of the stores carry it. */
export function conflictDocumentOf(conflict: KnownConflict): ConflictDocument {
  const { conflictId, rule, datum, sides, winner, consequence, found, resolution } = conflict;
  return {
    ...{ conflictId, rule, datum, sides, winner, decidedAt: found.recordedAt },
    ...(consequence !== undefined && { consequence }),
    ...(resolution !== null && { resolution: resolution.note }),
  };
}

export function inFull(
  shown: ShownConflict,
  entries: ShownConflictInFull['entries'],
): ShownConflictInFull {
  return {
    ...shown,
    decides: ruleOf(shown.conflictId)?.decides ?? null,
    entries,
    next: nextStep(shown),
  };
}

/**
 * What a person may say about one. A side is chosen only where the rule leaves it to a person; a note
 * may be added to any. Throws `USAGE` and `CONFLICT_DECIDED`.
 */
export function checkResolution(
  shown: ShownConflict,
  said: { note: string; winner: number | null },
): { note: string; winner: number | null } {
  const note = said.note.trim();
  if (note.length === 0 || note.length > NOTE_CHARACTERS_MAX) {
    throw new TillgateError('USAGE', `--note takes 1 to ${NOTE_CHARACTERS_MAX} characters.`);
  }
  if (shown.resolution !== null) {
    throw new TillgateError('CONFLICT_DECIDED', `It was settled already: ${shown.resolution}`);
  }
  const { winner } = said;
  if (winner !== null && ruleOf(shown.conflictId)?.by !== 'person') {
    const message = `The rule ${shown.rule} decides which side stands; only a note can be added.`;
    throw new TillgateError('USAGE', message);
  }
  if (winner !== null && winner >= shown.sides.length) {
    throw new TillgateError('USAGE', `--winner is a side from 0 to ${shown.sides.length - 1}.`);
  }
  return { note, winner };
}

function nextStep({ state, by, decidedAt, conflictId, resolution }: ShownConflict): string {
  if (resolution !== null) return `A person settled it: ${resolution}`;
  if (state === 'decided' || by === 'rule') return 'Nothing has to be done: its rule decided it.';
  const where = decidedAt === 'headquarters' ? 'At headquarters' : 'Here';
  return `${where}: tillgate conflict resolve '${conflictId}' --note TEXT`;
}
