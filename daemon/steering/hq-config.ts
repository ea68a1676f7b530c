/**
 * Follows what headquarters says of the configuration, one key at a time: judged by the gateway's own
 * schema, held against what technicians said, and written where it stands. Each word is on record
 * once, also one that loses or cannot be followed; one that crossed a technician's change is a
 * conflict, with both sides, once.
 *
 * A change is known to headquarters when it held the entry, by its own clock, before it spoke. Whatever
 * it said without knowing crossed the change.
 */
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import {
  clamped,
  isAhead,
  isSameValue,
  nextReading,
  standing,
} from '../../config/merge/config-register.ts';
import type { ConfigRegister, HqWord } from '../../config/merge/config-register.ts';
import type { KeyChange } from '../../config/merge/flat-config.ts';
import { hqMayNotSet } from '../../config/merge/hq-may-set.ts';
import type { ConfigRefusal } from '../../config/merge/hq-may-set.ts';
import { isLive, nodeAt } from '../../config/schema-node.ts';
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { ConfigBook } from './config-book.ts';
import { configConflict, wordId } from './config-conflict.ts';
import { saidBy } from './config-entries.ts';
import type { KeyState } from './config-entries.ts';
import { mostParticular, scopeOfRank } from './hq-words.ts';
import type { HqWords, Placed } from './hq-words.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { LedgerReader } from '../ledger/reader.ts';

export type HqConfigOptions = {
  book: ConfigBook;
  ledger: { append(command: Append): Promise<Answer> };
  reader: Pick<LedgerReader, 'anchors'>;
  clock: Clock;
  /** This gateway, as `store/gateway`. */
  place: string;
  file: {
    /** Null where the key is not written. */
    valueOf(key: string): Json;
    /** Throws what is wrong with it; the file is then as it was. */
    put(change: { key: string; value: Json }): void;
  };
};

const { schema } = GATEWAY_CONFIG;
const MS_PER_SECOND = 1_000;

export class HqConfig {
  readonly #options: HqConfigOptions;

  constructor(options: HqConfigOptions) {
    this.#options = options;
  }

  /** Takes in all that headquarters says now. */
  async follow(words: HqWords): Promise<void> {
    const said = mostParticular(words.config, ({ key }) => key);
    for (const [key, word] of said) await this.#hear(key, word);
    for (const key of this.#options.book.keys()) {
      if (!said.has(key)) await this.#silent(key, words);
    }
  }

  /** What stands by all that is known goes into the file. */
  async settle(): Promise<void> {
    const { book } = this.#options;
    for (const key of book.keys()) {
      const { register } = book.of(key);
      const stands = standing(register);
      if (stands === undefined || !(await this.putBack(key, stands.value))) continue;
      const { hq, technician } = register;
      const said = (stands.side === 'headquarters' ? hq : technician)?.hlc ?? '';
      const { value, side } = stands;
      const restart = !this.isLive(key);
      await book.record({
        ...{ action: 'restored', key, value, before: null, side, said, stands: true, restart },
      });
    }
  }

  /** Writes a value that stands; false where it is there already, or cannot be written. */
  async putBack(key: string, value: Json): Promise<boolean> {
    const { file } = this.#options;
    if (isSameValue(file.valueOf(key), value)) return false;
    return Promise.resolve(this.#put(key, value) === undefined);
  }

  /** Puts readings ahead of every sane clock to now, and says so. */
  async clamp(key: string): Promise<void> {
    const { book, clock } = this.#options;
    const { register } = book.of(key);
    const sane = clamped(register, clock.wallMs());
    if (sane === undefined) return;
    for (const side of ['headquarters', 'technician'] as const) {
      const was = side === 'headquarters' ? register.hq : register.technician;
      const is = side === 'headquarters' ? sane.hq : sane.technician;
      if (was === null || is === null || was.hlc === is.hlc) continue;
      await book.record({
        ...{ action: 'clamped', key, side, value: was.value, before: null, stands: true },
        ...{ said: is.hlc, clampedFrom: was.hlc },
      });
    }
  }

  /** Whether `key` holds a value. */
  isKey(key: string): boolean {
    const node = nodeAt(schema, key.split('.'));
    return node !== undefined && node.properties === undefined;
  }

  isLive(key: string): boolean {
    return isLive(schema, key.split('.'));
  }

  /** Whether headquarters says just this, and it is not on record yet. */
  isSaid(words: HqWords, { key, value }: KeyChange): boolean {
    const word = mostParticular(words.config, (document) => document.key).get(key);
    if (word === undefined || !isSameValue(word.document.value as Json, value)) return false;
    return this.#options.book.of(key).document !== wordId(word);
  }

  async #hear(key: string, word: Placed<'config'>): Promise<void> {
    const { book, clock } = this.#options;
    const known = book.of(key);
    const document = wordId(word);
    if (known.document === document && known.refused === null) return;
    if (isStale(known, word, clock.wallMs())) return;
    await this.clamp(key);
    const state = book.of(key);
    const said = this.#reading(state.register, word.document.hlc);
    const { locked = false } = word.document;
    const value = word.document.value as Json;
    const hq: HqWord = { value, hlc: said.hlc, locked, rank: word.rank };
    const register = { hq, technician: state.register.technician };
    const stands = standing(register);
    const isHq = stands?.side === 'headquarters';
    const before = this.#options.file.valueOf(key);
    const refusal = hqMayNotSet(schema, key, value) ?? (isHq ? this.#put(key, value) : undefined);
    const about = { key, value, before, said: said.hlc, document, side: 'headquarters' as const };
    if (refusal !== undefined) {
      await this.#refuse(state, { ...about, action: 'refused', stands: false, ...refusal });
      return;
    }
    if (this.#hasCrossed(state, word)) await this.#conflict(state, word, register);
    const { technician } = register;
    await book.record({
      ...{ ...about, action: 'published', rank: word.rank, locked, stands: isHq },
      ...{ restart: !this.isLive(key), ...said.clamped },
      ...(stands?.rule !== null && stands !== undefined && { rule: stands.rule }),
      ...(technician !== null && { other: saidBy('technician', technician) }),
    });
  }

  /** Headquarters says nothing of `key` any more: it stays as it is, and is locked no longer. */
  async #silent(key: string, { scopes }: HqWords): Promise<void> {
    const { book } = this.#options;
    const { document, register, refused } = book.of(key);
    if (document === null) return;
    const { hq } = register;
    // A feed that is on its way in says nothing yet.
    if (hq !== null && !scopes.includes(scopeOfRank(hq.rank))) return;
    if (hq === null && refused === null) return;
    await book.record({
      ...{ action: 'withdrawn', key, side: 'headquarters', value: hq?.value ?? null },
      ...{ before: null, said: hq?.hlc ?? nextReading(register, this.#options.clock.wallMs()) },
      stands: standing(register)?.side === 'headquarters',
    });
  }

  #reading(
    register: ConfigRegister,
    hlc: string | undefined,
  ): { hlc: string; clamped: { clampedFrom?: string } } {
    const nowMs = this.#options.clock.wallMs();
    if (hlc !== undefined && !isAhead(hlc, nowMs)) return { hlc, clamped: {} };
    const clampedFrom = hlc === undefined ? {} : { clampedFrom: hlc };
    return { hlc: nextReading(register, nowMs), clamped: clampedFrom };
  }

  #put(key: string, value: Json): ConfigRefusal | undefined {
    const { file } = this.#options;
    if (isSameValue(file.valueOf(key), value)) return undefined;
    try {
      file.put({ key, value });
      return undefined;
    } catch (error) {
      if (!isTillgateError(error)) throw error;
      return { code: error.code, message: error.message };
    }
  }

  /** On record once; looked at again each time, because the file or the release may have changed. */
  async #refuse(state: KeyState, members: Parameters<ConfigBook['record']>[0]): Promise<void> {
    const { refused, document } = state;
    const isKnown = document === members.document && refused?.code === members.code;
    if (!isKnown) await this.#options.book.record(members);
  }

  /** Whether a technician's change stands that headquarters did not know of when it spoke. */
  #hasCrossed({ register, changedBy }: KeyState, { document }: Placed<'config'>): boolean {
    const { technician } = register;
    if (technician === null || changedBy === null) return false;
    if (standing(register)?.side !== 'technician') return false;
    if (isSameValue(technician.value, document.value as Json)) return false;
    const anchor = this.#options.reader.anchors.over(changedBy);
    if (anchor === undefined || document.hlc === undefined) return true;
    return anchor.timeSeconds * MS_PER_SECOND > Number(document.hlc.slice(0, 15));
  }

  async #conflict(
    { changedBy }: KeyState,
    word: Placed<'config'>,
    register: ConfigRegister,
  ): Promise<void> {
    const { ledger, place } = this.#options;
    if (changedBy === null) return;
    const { conflictId, members } = configConflict({ place, word, changedBy, register });
    await ledger.append({
      type: 'append',
      kind: 'conflict',
      members,
      once: `conflict/${conflictId}`,
    });
  }
}

/**
 * A document that is older than what headquarters has said since: it was restored from a copy, and
 * what it lost is on its way back to it.
 */
function isStale(
  { register, isClamped }: KeyState,
  { document, rank }: Placed<'config'>,
  nowMs: number,
): boolean {
  const { hq } = register;
  if (hq === null || isClamped || hq.rank !== rank || document.hlc === undefined) return false;
  return document.hlc < hq.hlc && !isAhead(hq.hlc, nowMs);
}
