/**
 * Entries of kind `conflict`: how one is written, and how any is read, that of an earlier release
 * too. An entry either finds a conflict, or has `event: "resolved"` and says how a person ended one.
 * Who may say what is decided by whose log it stands in (rules.ts). Pure, and reading is total.
 */
import type { ConflictSide } from '../feed/conflict-document.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { isTillgateError } from '../errors.ts';
import { isHqLogOrigin } from '../log/hq-log-origin.ts';
import { parseOrigin } from '../log/origin.ts';
import { DATUM_CHARACTERS_MAX, SIDES_MAX, isConflictId } from './conflict-record.ts';
import type { ConflictRecord } from './conflict-record.ts';
import { firstInCustody } from './first-in-custody.ts';
import { firstStands } from './first-stands.ts';
import { ruleOf } from './rules.ts';

export type Resolution = {
  conflictId: string;
  note: string;
  /** The side that stands after all; null leaves it as the rule had it. */
  winner: number | null;
};

export type ConflictSaid =
  { said: 'found'; conflict: ConflictRecord } | ({ said: 'resolved' } & Resolution);

/** Where an entry stands, and when it was written by the clock that orders. */
export type EntryPlace = { origin: string; index: number; hlc: string; recordedAt: string };

const RESOLVED = 'resolved';
export const NOTE_CHARACTERS_MAX = 512;
const CONSEQUENCE_CHARACTERS_MAX = 512;
const SAYS_CHARACTERS_MAX = 256;

/** The members of an entry that finds one. */
export function foundMembers(conflict: ConflictRecord): Record<string, Json> {
  const { consequence, sides, ...rest } = conflict;
  return {
    ...{ ...rest, sides: sides.map((side) => ({ ...side })), by: 'rule' },
    ...(consequence !== undefined && { consequence }),
  };
}

/** The members of an entry that ends one. */
export function resolvedMembers({ conflictId, note, winner }: Resolution): Record<string, Json> {
  return { event: RESOLVED, conflictId, note, winner, by: 'person' };
}

/** Undefined for what no log of that writer may say, and for what cannot be read. */
export function readConflictEntry(
  header: JsonObject,
  at: { origin: string; index: number },
): ConflictSaid | undefined {
  const said = header['event'] === RESOLVED ? readResolved(header) : readFound(header, at);
  if (said === undefined) return undefined;
  const id = said.said === 'found' ? said.conflict.conflictId : said.conflictId;
  const rule = ruleOf(id);
  const writer = isHqLogOrigin(at.origin) ? 'headquarters' : 'gateway';
  return rule === undefined || rule.writtenBy === writer ? said : undefined;
}

function readResolved(header: JsonObject): ConflictSaid | undefined {
  const { conflictId, note, winner } = header;
  if (typeof conflictId !== 'string' || !isConflictId(conflictId)) return undefined;
  return {
    ...{ said: 'resolved', conflictId, winner: asWinner(winner, SIDES_MAX) },
    note: typeof note === 'string' ? note.slice(0, NOTE_CHARACTERS_MAX) : '',
  };
}

function readFound(
  header: JsonObject,
  at: { origin: string; index: number },
): ConflictSaid | undefined {
  const { conflictId, rule, datum, consequence } = header;
  if (conflictId === undefined) return readEarlier(header, at);
  const given = header['sides'];
  const sides = Array.isArray(given) ? given.flatMap(readSide).slice(0, SIDES_MAX) : [];
  if (typeof conflictId !== 'string' || !isConflictId(conflictId)) return undefined;
  if (typeof rule !== 'string' || typeof datum !== 'string' || sides.length === 0) return undefined;
  if (!conflictId.startsWith(`${rule}:`)) return undefined;
  const winner = asWinner(header['winner'], sides.length);
  const conflict: ConflictRecord = {
    ...{ conflictId, rule, datum: datum.slice(0, DATUM_CHARACTERS_MAX), sides, winner },
    ...(typeof consequence === 'string' &&
      consequence !== '' && { consequence: consequence.slice(0, CONSEQUENCE_CHARACTERS_MAX) }),
  };
  return { said: 'found', conflict };
}

/** Releases before conflicts had names wrote the two that a gateway finds by itself. */
function readEarlier(
  header: JsonObject,
  at: { origin: string; index: number },
): ConflictSaid | undefined {
  const { rule, transactionId, contentHash } = header;
  const [claimedBy] = readSide(header['claimedBy']);
  if (typeof transactionId !== 'string' || claimedBy === undefined) return undefined;
  if (rule === 'firstStands' && typeof contentHash === 'string') {
    const conflict = firstStands({ transactionId, contentHash, first: claimedBy, other: at });
    return { said: 'found', conflict };
  }
  const [returned] = readSide(header['returned']);
  if (rule !== 'firstInCustody' || returned === undefined) return undefined;
  return { said: 'found', conflict: firstInCustody({ transactionId, returned, claimedBy }) };
}

function readSide(value: Json | undefined): ConflictSide[] {
  if (!isJsonObject(value)) return [];
  const { origin, index, says } = value;
  if (typeof origin !== 'string' || typeof index !== 'number') return [];
  if (!isOrigin(origin) || !Number.isSafeInteger(index) || index < 0) return [];
  const text = typeof says === 'string' ? says.slice(0, SAYS_CHARACTERS_MAX) : undefined;
  return [{ origin, index, ...(text !== undefined && { says: text }) }];
}

function isOrigin(text: string): boolean {
  try {
    parseOrigin(text);
    return true;
  } catch (error) {
    if (isTillgateError(error, 'LOG_ORIGIN_INVALID')) return false;
    throw error;
  }
}

function asWinner(value: Json | undefined, sides: number): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < sides
    ? value
    : null;
}
