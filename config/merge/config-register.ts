/**
 * One key of the configuration that headquarters and technicians both change: what each of them said
 * last, and which of the two stands. Whoever knows the same words, in whatever order they came, comes
 * to the same value. Pure.
 *
 * A key that headquarters locked is headquarters' (rule `configLocked`); otherwise the later word
 * stands by the hybrid clock (`configLater`), and at the same reading headquarters'. A reading that is
 * further ahead of now than a sane clock can be counts as said now, once, so that no clock of 2099
 * wins for ever.
 *
 * Words of headquarters come from documents, of which the most particular counts: of a store before
 * the chain's, for this gateway before those for all.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import { canonicalJson } from '../../protocol/json/canonical.ts';
import {
  HLC_AHEAD_MS_MAX,
  HLC_ZERO,
  formatHlc,
  hlcTick,
  parseHlc,
} from '../../protocol/log/hlc.ts';

export type Word = {
  /** Null: the key is not set, and its default counts. */
  value: Json;
  /** When it was said: a reading of a hybrid clock. */
  hlc: string;
};

export type HqWord = Word & {
  locked: boolean;
  /** How particular its document is; larger stands before. */
  rank: number;
};

export type ConfigRegister = { hq: HqWord | null; technician: Word | null };

export type ConfigSide = 'headquarters' | 'technician';

export type Standing = {
  value: Json;
  side: ConfigSide;
  /** What decided; null where only one side has said anything. */
  rule: 'configLocked' | 'configLater' | null;
};

export const NOTHING_SAID: ConfigRegister = { hq: null, technician: null };

/** Both know what either knew. */
export function joined(a: ConfigRegister, b: ConfigRegister): ConfigRegister {
  return {
    hq: largest(a.hq, b.hq, compareHq),
    technician: largest(a.technician, b.technician, compareWords),
  };
}

/** Undefined while nobody has said anything. */
export function standing({ hq, technician }: ConfigRegister): Standing | undefined {
  if (hq === null && technician === null) return undefined;
  if (hq === null || technician === null) {
    const side = hq === null ? 'technician' : 'headquarters';
    return { value: (hq ?? technician)?.value ?? null, side, rule: null };
  }
  if (hq.locked) return { value: hq.value, side: 'headquarters', rule: 'configLocked' };
  return technician.hlc > hq.hlc
    ? { value: technician.value, side: 'technician', rule: 'configLater' }
    : { value: hq.value, side: 'headquarters', rule: 'configLater' };
}

/** The reading for a word that is said here and now, with all of `register` known. */
export function nextReading({ hq, technician }: ConfigRegister, nowMs: number): string {
  const latest = [hq?.hlc, technician?.hlc].filter((hlc) => hlc !== undefined).sort();
  const last = latest.at(-1);
  return formatHlc(hlcTick(last === undefined ? HLC_ZERO : parseHlc(last), nowMs));
}

/** Whether no sane clock can have said so by now. */
export function isAhead(hlc: string, nowMs: number): boolean {
  return parseHlc(hlc).wallMs > nowMs + HLC_AHEAD_MS_MAX;
}

/**
 * The register with its readings ahead of now put to now, in the order they had; undefined where none
 * is. What comes later is later then.
 */
export function clamped(register: ConfigRegister, nowMs: number): ConfigRegister | undefined {
  const { hq, technician } = register;
  const isHq = hq !== null && isAhead(hq.hlc, nowMs);
  const isTechnician = technician !== null && isAhead(technician.hlc, nowMs);
  if (!isHq && !isTechnician) return undefined;
  const sane: ConfigRegister = {
    hq: isHq ? null : hq,
    technician: isTechnician ? null : technician,
  };
  const first = nextReading(sane, nowMs);
  if (!isHq) return { hq, technician: technician && { ...technician, hlc: first } };
  if (!isTechnician) return { hq: { ...hq, hlc: first }, technician };
  const second = formatHlc(hlcTick(parseHlc(first), nowMs));
  const isHqLater = hq.hlc >= technician.hlc;
  return {
    hq: { ...hq, hlc: isHqLater ? second : first },
    technician: { ...technician, hlc: isHqLater ? first : second },
  };
}

export function isSameValue(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Later first; equal readings by what they say, so that nobody decides otherwise. */
function compareWords(a: Word, b: Word): number {
  return compareTexts(a.hlc, b.hlc) || compareTexts(canonicalJson(a.value), canonicalJson(b.value));
}

function compareHq(a: HqWord, b: HqWord): number {
  return a.rank - b.rank || Number(a.locked) - Number(b.locked) || compareWords(a, b);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function largest<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): T | null {
  if (a === null || b === null) return a ?? b;
  return compare(a, b) >= 0 ? a : b;
}
