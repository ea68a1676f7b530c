/**
 * A conflict as whoever decides it writes it down, and as everybody reads it: the rule, the datum,
 * the entries that could not both stand, and which of them does. It is named by its rule and by what
 * it is about, so that the same conflict has the same name wherever it is found.
 */
import type { ConflictSide } from '../feed/conflict-document.ts';

export type ConflictRecord = {
  /** `rule:key`. */
  conflictId: string;
  /** A name of rules.ts, or one of a later release. */
  rule: string;
  /** What it is about: a transaction, a key, a pool. */
  datum: string;
  sides: ConflictSide[];
  /** The side that stands; null where a person decides, or no side has to fall. */
  winner: number | null;
  consequence?: string;
};

/** As pattern and length of a document of the feeds. */
const ID_FORM = /^[!-~]{1,256}$/;
export const SIDES_MAX = 16;
export const DATUM_CHARACTERS_MAX = 256;

export function isConflictId(text: string): boolean {
  return ID_FORM.test(text);
}

/** An entry that takes part in it, in the form of the feeds. */
export function sideOf(
  { origin, index }: { origin: string; index: number },
  says?: string,
): ConflictSide {
  return { origin, index, ...(says !== undefined && { says }) };
}
