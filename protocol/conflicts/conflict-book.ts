/**
 * All that entries say of conflicts, put together: which there are, how each was decided, and whether
 * somebody still has to say something. The same entries give the same book in whatever order and
 * however often they come: of what is said twice, that counts which was written first, by the hybrid
 * clock and then by its place. Pure.
 */
import type { ConflictRecord } from './conflict-record.ts';
import type { ConflictSaid, EntryPlace } from './conflict-entry.ts';
import { ruleOf } from './rules.ts';

export type KnownConflict = ConflictRecord & {
  /** `open` waits for a person; `decided` by its rule or by a person. */
  state: 'open' | 'decided';
  /** Who decided it, or has to. */
  by: 'rule' | 'person';
  found: EntryPlace;
  resolution: { note: string; winner: number | null; entry: EntryPlace } | null;
};

type Found = { conflict: ConflictRecord; entry: EntryPlace };
type Resolved = NonNullable<KnownConflict['resolution']>;

export class ConflictBook {
  readonly #found = new Map<string, Found>();
  readonly #resolved = new Map<string, Resolved>();

  add(said: ConflictSaid, entry: EntryPlace): void {
    if (said.said === 'found') {
      const { conflict } = said;
      const known = this.#found.get(conflict.conflictId);
      if (known === undefined || isBefore(entry, known.entry)) {
        this.#found.set(conflict.conflictId, { conflict, entry });
      }
      return;
    }
    const { conflictId, note, winner } = said;
    const known = this.#resolved.get(conflictId);
    if (known === undefined || isBefore(entry, known.entry)) {
      this.#resolved.set(conflictId, { note, winner, entry });
    }
  }

  get(conflictId: string): KnownConflict | undefined {
    const found = this.#found.get(conflictId);
    return found === undefined ? undefined : this.#known(found);
  }

  /** The open ones first, of them those found last. */
  all(): KnownConflict[] {
    return [...this.#found.values()].map((found) => this.#known(found)).toSorted(openFirst);
  }

  #known({ conflict, entry }: Found): KnownConflict {
    const resolution = this.#resolved.get(conflict.conflictId) ?? null;
    const said = resolution?.winner ?? null;
    const winner = said !== null && said < conflict.sides.length ? said : conflict.winner;
    const needsPerson = ruleOf(conflict.conflictId)?.by === 'person';
    return {
      ...{ ...conflict, winner, found: entry, resolution },
      state: needsPerson && resolution === null ? 'open' : 'decided',
      by: needsPerson || resolution !== null ? 'person' : 'rule',
    };
  }
}

export function openFirst(a: KnownConflict, b: KnownConflict): number {
  if (a.state !== b.state) return a.state === 'open' ? -1 : 1;
  if (a.found.hlc !== b.found.hlc) return a.found.hlc > b.found.hlc ? -1 : 1;
  return a.conflictId < b.conflictId ? -1 : 1;
}

function isBefore(a: EntryPlace, b: EntryPlace): boolean {
  if (a.hlc !== b.hlc) return a.hlc < b.hlc;
  if (a.origin !== b.origin) return a.origin < b.origin;
  return a.index < b.index;
}
