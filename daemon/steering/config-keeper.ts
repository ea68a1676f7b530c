/**
 * The one writer of the gateway's configuration file once it is set up: what technicians set, what
 * they changed by hand, and what headquarters says, one change after the other. The file is written
 * first, because it is what counts; then the entry, which is the history; then what is known of the
 * file. A crash in between is found by the difference of the three.
 *
 * What headquarters says is judged in hq-config.ts; what is shown to people is made in config-view.ts.
 */
import { statSync } from 'node:fs';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { parseConfig, problemLine } from '../../config/loader.ts';
import { isSameValue, nextReading, standing } from '../../config/merge/config-register.ts';
import { changesBetween, flatConfig } from '../../config/merge/flat-config.ts';
import type { FlatConfig, KeyChange } from '../../config/merge/flat-config.ts';
import { editConfigText, editConfigValue } from '../../config/writer.ts';
import type { ConfigEdit } from '../../config/writer.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { ConfigBook } from './config-book.ts';
import { saidBy } from './config-entries.ts';
import type { ConfigSetResult } from './config-view.ts';
import type { ConfigAction, ConfigEvent, ConfigMembers } from './config-entries.ts';
import { HqConfig } from './hq-config.ts';
import type { HqConfigOptions } from './hq-config.ts';
import type { HqWords } from './hq-words.ts';
import type { KnownConfig } from './known-config.ts';

export type ConfigKeeperOptions = Omit<HqConfigOptions, 'file'> & {
  configFile: string;
  known: KnownConfig;
  clock: Clock;
  /** Takes over what counts at once; called with the whole new configuration. */
  onChange: (config: GatewayConfig) => void;
};

const SCHEMA = GATEWAY_CONFIG.schema;

export class ConfigKeeper {
  readonly book: ConfigBook;
  readonly hq: HqConfig;
  readonly #options: ConfigKeeperOptions;
  #known: FlatConfig | undefined;
  /** The file as it was last looked at. */
  #text: string | undefined;
  #problem: string | null = null;
  #words: HqWords | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigKeeperOptions) {
    this.#options = options;
    this.book = options.book;
    this.#known = options.known.read();
    this.hq = new HqConfig({
      ...options,
      file: {
        valueOf: (key) => this.#known?.get(key) ?? null,
        put: (change) => this.#write(editConfigValue(GATEWAY_CONFIG, options.configFile, change)),
      },
    });
  }

  /** Why the file, as it was found, does not count; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** What the file says, before defaults. */
  get file(): FlatConfig {
    return this.#known ?? new Map<string, Json>();
  }

  /** Looks at the file, and follows what headquarters says now; undefined says nothing of that. */
  follow(words: HqWords | undefined): Promise<void> {
    return this.#inTurn(async () => {
      this.#words = words;
      await this.#look();
      if (words !== undefined) await this.hq.follow(words);
    });
  }

  /** Entries have come back from headquarters: what stands by all of them goes into the file. */
  returned(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#look();
      this.book.reload();
      await this.hq.settle();
    });
  }

  /** Throws `CONFIG_LOCKED`, and what `setConfigValue` throws; the file is then as it was. */
  set({ key, text }: { key: string; text: string }): Promise<ConfigSetResult> {
    return this.#inTurn(async () => {
      await this.#look();
      const edit = editConfigText(GATEWAY_CONFIG, this.#options.configFile, { key, text });
      return this.#change(edit, 'set');
    });
  }

  /** Back to the value before the last change of `key`, or to that of entry `to`. */
  revert({ key, to }: { key: string; to?: number | undefined }): Promise<ConfigSetResult> {
    return this.#inTurn(async () => {
      await this.#look();
      const { value, index } = this.#earlier(key, to);
      const edit = editConfigValue(GATEWAY_CONFIG, this.#options.configFile, { key, value });
      return this.#change(edit, 'reverted', index);
    });
  }

  #earlier(key: string, to: number | undefined): { value: Json; index: number } {
    const events: ConfigEvent[] = [];
    for (const event of this.book.history(key)) {
      if (!event.stands || event.action === 'clamped' || event.action === 'withdrawn') continue;
      if (to !== undefined && event.index === to) return event;
      events.push(event);
      if (to === undefined && events.length === 2) break;
    }
    const [last, before] = events;
    if (to !== undefined || last === undefined) {
      const which = to === undefined ? 'no change' : `no change with entry ${to}`;
      throw new TillgateError('CONFIG_NO_HISTORY', `The log has ${which} of ${key} that stood.`);
    }
    return { value: before?.value ?? last.before, index: before?.index ?? last.index };
  }

  async #change(
    edit: ConfigEdit<GatewayConfig>,
    action: ConfigAction,
    revertsTo?: number,
  ): Promise<ConfigSetResult> {
    const after = flatConfig(SCHEMA, edit.written);
    const { key, restart } = edit;
    const value = edit.value as Json;
    const found = changesBetween(this.file, after);
    const isLeaf = found.length === 0 && this.hq.isKey(key);
    // Said again as it is, it is the later word all the same.
    const changes = isLeaf ? [{ key, before: value, value }] : found;
    for (const change of changes) this.#refuseLocked(change.key);
    this.#write(edit);
    for (const change of changes) {
      await this.#record(change, { action, ...(revertsTo !== undefined && { revertsTo }) });
    }
    return { key, value, restart };
  }

  #refuseLocked(key: string): void {
    if (this.book.of(key).register.hq?.locked !== true) return;
    throw new TillgateError('CONFIG_LOCKED', `Headquarters has locked ${key}.`);
  }

  /** A word of a technician, which is later than all that is known here. */
  async #record(
    { key, before, value }: KeyChange,
    more: Pick<ConfigMembers, 'action'> & { atMs?: number; revertsTo?: number },
  ): Promise<void> {
    const { atMs = this.#options.clock.wallMs(), ...rest } = more;
    await this.hq.clamp(key);
    const { register } = this.book.of(key);
    await this.book.record({
      ...{ key, before, value, ...rest, side: 'technician', stands: true },
      said: nextReading(register, Math.min(atMs, this.#options.clock.wallMs())),
      restart: !this.hq.isLive(key),
      ...(register.hq !== null && {
        rule: 'configLater',
        other: saidBy('headquarters', register.hq),
      }),
    });
  }

  /** What was changed by hand since the file was last looked at. */
  async #look(): Promise<void> {
    const { configFile } = this.#options;
    const bytes = readFileIfPresent(configFile);
    const text = bytes === undefined ? undefined : Buffer.from(bytes).toString();
    if (text === undefined || (text === this.#text && this.#known !== undefined)) return;
    const reading = parseConfig(GATEWAY_CONFIG, text, configFile);
    if (!reading.ok) {
      this.#problem = reading.problems.map(problemLine).join('\n');
      return;
    }
    this.#problem = null;
    const flat = flatConfig(SCHEMA, reading.source.value());
    const before = this.#known ?? flat;
    const { mtimeMs } = statSync(configFile);
    for (const change of changesBetween(before, flat)) await this.#edited(change, mtimeMs);
    const isNew = this.#text !== undefined && this.#text !== text;
    this.#known = flat;
    this.#text = text;
    await this.#restoreLocked();
    if (isNew) this.#options.onChange(reading.config);
  }

  async #edited(change: KeyChange, atMs: number): Promise<void> {
    const { register } = this.book.of(change.key);
    const stands = standing(register);
    // Written before a crash, and on record or about to be.
    if (stands !== undefined && isSameValue(stands.value, change.value)) return;
    if (this.#words !== undefined && this.hq.isSaid(this.#words, change)) return;
    if (register.hq?.locked !== true) {
      await this.#record(change, { action: 'edited', atMs });
      return;
    }
    await this.book.record({
      ...{ action: 'edited', ...change, side: 'technician', stands: false, rule: 'configLocked' },
      said: nextReading(register, Math.min(atMs, this.#options.clock.wallMs())),
      other: saidBy('headquarters', register.hq),
    });
  }

  async #restoreLocked(): Promise<void> {
    for (const key of this.book.keys()) {
      const { hq } = this.book.of(key).register;
      if (hq?.locked === true) await this.hq.putBack(key, hq.value);
    }
  }

  #write(edit: ConfigEdit<GatewayConfig>): void {
    edit.write();
    this.#problem = null;
    this.#known = flatConfig(SCHEMA, edit.written);
    const bytes = readFileIfPresent(this.#options.configFile);
    this.#text = bytes === undefined ? undefined : Buffer.from(bytes).toString();
    this.#options.onChange(edit.config);
  }

  /** What was written and is not on record, say because the disk is full, is found the next time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      const before = this.#known;
      try {
        const done = await work();
        if (this.#known !== undefined && this.#known !== before) {
          this.#options.known.keep(this.#known);
        }
        return done;
      } catch (error) {
        this.#known = before;
        this.#text = undefined;
        throw error;
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
