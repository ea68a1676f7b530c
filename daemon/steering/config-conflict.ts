/** The entry about a change of a technician and a word of headquarters that crossed. Pure. */
import { createHash } from 'node:crypto';
import { standing } from '../../config/merge/config-register.ts';
import type { ConfigRegister } from '../../config/merge/config-register.ts';
import type { ConflictRuleName } from '../../protocol/conflicts/rules.ts';
import { canonicalJson } from '../../protocol/json/canonical.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { shorten } from '../../protocol/json/pointer.ts';
import { must } from '../../protocol/must.ts';
import type { Placed } from './hq-words.ts';

/** As in a document of a conflict. */
const SAYS_CHARACTERS_MAX = 256;
const HASH_DIGITS = 32;

export function configConflict(of: {
  /** `store/gateway`. */
  place: string;
  word: Placed<'config'>;
  changedBy: { origin: string; index: number };
  /** With both. */
  register: ConfigRegister;
}): { conflictId: string; members: Record<string, Json> } {
  const { place, word, changedBy, register } = of;
  const { hq, technician } = register;
  const { rule, side } = must(standing(register), 'both have said something');
  const name: ConflictRuleName = must(rule ?? undefined, 'two words are decided by a rule');
  const { key } = word.document;
  const conflictId = `${name}:${place}/${key}@${hq?.hlc ?? ''}+${technician?.hlc ?? ''}`;
  const sides = [
    { origin: word.origin, index: word.entry, says: says(hq?.value ?? null) },
    { origin: changedBy.origin, index: changedBy.index, says: says(technician?.value ?? null) },
  ];
  const winner = side === 'headquarters' ? 0 : 1;
  const datum = `config:${place}/${key}`;
  return { conflictId, members: { conflictId, rule: name, datum, sides, winner, by: 'rule' } };
}

/** Tells a word of headquarters from every other. */
export function wordId({ document, rank }: Placed<'config'>): string {
  const { value, locked = false, hlc = '' } = document;
  const text = canonicalJson({ value: value as Json, locked, hlc, rank });
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}

const says = (value: Json): string => shorten(canonicalJson(value), SAYS_CHARACTERS_MAX - 1);
