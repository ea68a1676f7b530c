/**
 * The history of the configuration: a series of entries of the log, so nothing beside the log has to
 * be kept, a crash loses nothing, and what headquarters sends back after a roll-back is part of it again.
 *
 * Relies on one writer at a time.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import { must } from '../../protocol/must.ts';
import { NamedSeries } from '../ledger/named-series.ts';
import type { NamedEntry, NamedSeriesOptions } from '../ledger/named-series.ts';
import { UNKNOWN_KEY, followed, readConfigEvent } from './config-entries.ts';
import type { ConfigEvent, ConfigMembers, KeyState } from './config-entries.ts';

export type ConfigBookOptions = Omit<NamedSeriesOptions, 'prefix' | 'kind'>;

export class ConfigBook {
  readonly #keys = new Map<string, KeyState>();
  readonly #series: NamedSeries;

  constructor(options: ConfigBookOptions) {
    this.#series = new NamedSeries({ ...options, prefix: 'config', kind: 'config' });
    this.#followAll();
  }

  /** Reads all of it again: entries have come back. */
  reload(): void {
    this.#series.reload();
    this.#followAll();
  }

  keys(): string[] {
    return [...this.#keys.keys()].sort();
  }

  of(key: string): KeyState {
    return this.#keys.get(key) ?? UNKNOWN_KEY;
  }

  /** Durable when it resolves. */
  async record(members: ConfigMembers): Promise<ConfigEvent> {
    const { entry, missed } = await this.#series.append(fitting(members));
    for (const earlier of missed) this.#follow(earlier);
    return must(this.#follow(entry), 'what was just written can be read');
  }

  /** Newest first; of one key where it is named. */
  *history(key?: string): Iterable<ConfigEvent> {
    for (const { header, at } of this.#series.newestFirst()) {
      const event = readConfigEvent(header, at);
      if (event !== undefined && (key === undefined || event.key === key)) yield event;
    }
  }

  #followAll(): void {
    this.#keys.clear();
    for (const entry of this.#series.oldestFirst()) this.#follow(entry);
  }

  /** Undefined for one that this release cannot read. */
  #follow({ header, at }: NamedEntry): ConfigEvent | undefined {
    const event = readConfigEvent(header, at);
    if (event !== undefined) this.#keys.set(event.key, followed(this.of(event.key), event));
    return event;
  }
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
