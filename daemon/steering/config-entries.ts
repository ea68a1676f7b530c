/**
 * What the log says of the configuration: the members of entries of kind `config`, and what they say
 * together about a key. The log is the truth: who lost everything else folds it again.
 */
import { NOTHING_SAID } from '../../config/merge/config-register.ts';
import type { ConfigRegister, ConfigSide, Word } from '../../config/merge/config-register.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';

export type ConfigAction =
  /** `config set`, a hand edit that was found, `config revert`. */
  | 'set'
  | 'edited'
  | 'reverted'
  /** A word of headquarters; it was taken back; it cannot be followed. */
  | 'published'
  | 'withdrawn'
  | 'refused'
  /** A time ahead of every sane clock was put to now. */
  | 'clamped'
  /** The file says again what stands, after entries came back. */
  | 'restored';

export type ConfigMembers = {
  action: ConfigAction;
  key: string;
  side: ConfigSide;
  value: Json;
  /** What the file said before; null for nothing. */
  before: Json;
  /** When it was said, by the hybrid clock; after clamping. */
  said: string;
  /** Whether it stands, and the rule where both sides had said something. */
  stands: boolean;
  rule?: 'configLocked' | 'configLater';
  /** What the other side had said. */
  other?: { side: ConfigSide; value: Json; said: string };
  restart?: boolean;
  /** As it was said, where that was ahead of every sane clock. */
  clampedFrom?: string;
  /** Of headquarters' word: the document, by its hash; whose it is; how particular; whether locked. */
  document?: string;
  rank?: number;
  locked?: boolean;
  code?: string;
  message?: string;
  /** The entry that was gone back to. */
  revertsTo?: number;
};

export type ConfigEvent = ConfigMembers & {
  origin: string;
  index: number;
  /** Of the ledger that keeps it. */
  epoch: number;
  recordedAt: string;
};

export type KeyState = {
  register: ConfigRegister;
  /** The document of headquarters' word that was judged last; null after it was taken back. */
  document: string | null;
  /** Why it cannot be followed. */
  refused: { code: string; message: string } | null;
  /** Headquarters' time was clamped: it says nothing about the order of its words. */
  isClamped: boolean;
  /** The technician's entry. */
  changedBy: { origin: string; index: number; epoch: number } | null;
};

export const UNKNOWN_KEY: KeyState = {
  register: NOTHING_SAID,
  document: null,
  refused: null,
  isClamped: false,
  changedBy: null,
};

/** The word of the other side, as an entry has it. */
export function saidBy(
  side: ConfigSide,
  { value, hlc: said }: Word,
): NonNullable<ConfigMembers['other']> {
  return { side, value, said };
}

/** What is known of a key after `event`. */
export function followed(state: KeyState, event: ConfigEvent): KeyState {
  const { register } = state;
  const { value, said: hlc } = event;
  switch (event.action) {
    case 'set':
    case 'edited':
    case 'reverted': {
      if (!event.stands) return state;
      const { origin, index, epoch } = event;
      const changedBy = { origin, index, epoch };
      return { ...state, register: { ...register, technician: { value, hlc } }, changedBy };
    }
    case 'published': {
      const { rank = 0, locked = false, document = null } = event;
      const hq = { value, hlc, rank, locked };
      const isClamped = event.clampedFrom !== undefined;
      return { ...state, register: { ...register, hq }, document, refused: null, isClamped };
    }
    case 'withdrawn': {
      const hq = register.hq && { ...register.hq, locked: false };
      return { ...state, register: { ...register, hq }, document: null, refused: null };
    }
    case 'refused': {
      const { code = '', message = '', document = null } = event;
      return { ...state, document, refused: { code, message } };
    }
    case 'clamped':
      return { ...state, register: withReading(register, event.side, hlc) };
    case 'restored':
      return state;
  }
}

function withReading(register: ConfigRegister, side: ConfigSide, hlc: string): ConfigRegister {
  const { hq, technician } = register;
  return side === 'headquarters'
    ? { hq: hq && { ...hq, hlc }, technician }
    : { hq, technician: technician && { ...technician, hlc } };
}

const ACTIONS: ReadonlySet<unknown> = new Set<ConfigAction>([
  ...(['set', 'edited', 'reverted', 'published'] as const),
  ...(['withdrawn', 'refused', 'clamped', 'restored'] as const),
]);

/** An entry's header as an event; undefined for one that this release cannot read. */
export function readConfigEvent(
  header: JsonObject,
  at: { origin: string; index: number; epoch: number },
): ConfigEvent | undefined {
  const { action, key, side, said, recordedAt, stands } = header;
  const isKnown =
    ACTIONS.has(action) &&
    (side === 'technician' || side === 'headquarters') &&
    typeof said === 'string' &&
    typeof stands === 'boolean';
  if (!isKnown || typeof key !== 'string' || typeof recordedAt !== 'string') return undefined;
  // The gateway wrote it itself; the rest has the form that it gave it.
  return { value: null, before: null, ...header, ...at } as unknown as ConfigEvent;
}
