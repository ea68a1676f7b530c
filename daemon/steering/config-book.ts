/**
 * The history of the configuration, kept in the log and found there without reading it: the n-th
 * entry about the configuration in a life of the log is written under the name `config/LIFE/n`, and
 * the ledger finds a name at once. So nothing beside the log has to be kept, a crash loses nothing,
 * and what headquarters sends back after a roll-back is part of it again.
 *
 * Relies on one writer at a time.
 */
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { UNKNOWN_KEY, followed, readConfigEvent } from './config-entries.ts';
import type { ConfigEvent, ConfigMembers, KeyState } from './config-entries.ts';

export type ConfigBookOptions = {
  reader: LedgerReader;
  ledger: { append(command: Append): Promise<Answer> };
  /** The log that is written now. */
  origin: () => string;
};

export class ConfigBook {
  readonly #options: ConfigBookOptions;
  readonly #keys = new Map<string, KeyState>();
  /** Entries of each life of the log, oldest life first. */
  readonly #counts = new Map<string, number>();
  readonly #readers = new Map<number, LedgerReader>();

  constructor(options: ConfigBookOptions) {
    this.#options = options;
    this.reload();
  }

  /** Reads all of it again: entries have come back. */
  reload(): void {
    const { reader } = this.#options;
    this.#keys.clear();
    this.#counts.clear();
    const origins = [...reader.epochs(), ...reader.returned()].map(({ origin }) => origin);
    const lives = [...new Set(origins)].sort((a, b) => parseOrigin(a).epoch - parseOrigin(b).epoch);
    for (const life of lives.map(lifeOf)) {
      let count = 0;
      for (let event = this.#read(life, 1); event !== undefined;) {
        count += 1;
        if (event !== 'unreadable') this.#follow(event);
        event = this.#read(life, count + 1);
      }
      this.#counts.set(life, count);
    }
  }

  keys(): string[] {
    return [...this.#keys.keys()].sort();
  }

  of(key: string): KeyState {
    return this.#keys.get(key) ?? UNKNOWN_KEY;
  }

  /** Durable when it resolves. */
  async record(members: ConfigMembers): Promise<ConfigEvent> {
    const { ledger, origin } = this.#options;
    const life = lifeOf(origin());
    for (;;) {
      const count = (this.#counts.get(life) ?? 0) + 1;
      const once = nameOf(life, count);
      const present = fitting(members);
      const answer = await ledger.append({
        type: 'append',
        kind: 'config',
        members: present,
        once,
      });
      this.#counts.set(life, count);
      const event = this.#read(life, count);
      if (event === undefined || event === 'unreadable') continue;
      this.#follow(event);
      if (!answer.duplicate) return event;
    }
  }

  /** Newest first; of one key where it is named. */
  *history(key?: string): Iterable<ConfigEvent> {
    for (const [life, count] of [...this.#counts].reverse()) {
      for (let n = count; n > 0; n -= 1) {
        const event = must(this.#read(life, n), 'what was counted is there');
        if (event !== 'unreadable' && (key === undefined || event.key === key)) yield event;
      }
    }
  }

  #follow(event: ConfigEvent): void {
    this.#keys.set(event.key, followed(this.of(event.key), event));
  }

  #read(life: string, n: number): ConfigEvent | 'unreadable' | undefined {
    const ref = this.#options.reader.findOnce(nameOf(life, n));
    if (ref === undefined) return undefined;
    const reader = this.#readerOf(ref.epoch);
    const leaf = must(reader.entry(ref.index), 'an entry that has a name is in the log');
    const { origin } = reader;
    const header = decodeEntry(leaf).header as unknown as JsonObject;
    return readConfigEvent(header, { origin, index: ref.index, epoch: ref.epoch }) ?? 'unreadable';
  }

  #readerOf(epoch: number): LedgerReader {
    const known = this.#readers.get(epoch);
    if (known !== undefined) return known;
    const reader = this.#options.reader.ofEpoch(epoch);
    this.#readers.set(epoch, reader);
    return reader;
  }
}

/** `e1`, or `e2-0f1e2d3c`: what tells the lives of one gateway's log apart. */
function lifeOf(origin: string): string {
  return origin.slice(origin.lastIndexOf('/') + 1);
}

/** Of a leaf's 64 KiB the rest is for what every entry says. */
const MEMBERS_BYTES_MAX = 60_000;

/** What was there before can be read in the entry before; where it does not fit, it is left out. */
function fitting(members: ConfigMembers): Record<string, Json> {
  const given = members as unknown as Record<string, Json | undefined>;
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const present = Object.fromEntries(entries) as Record<string, Json>;
  if (Buffer.byteLength(JSON.stringify(present)) > MEMBERS_BYTES_MAX) {
    present['before'] = null;
    delete present['other'];
  }
  return present;
}

const nameOf = (life: string, n: number): string => `config/${life}/${n}`;
