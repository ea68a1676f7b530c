/**
 * The prices that a store set itself and that have not run out: the last word on each item and currency.
 * They are a series of entries of the log, read from its end as far back as one may still count.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { parseHlc } from '../../protocol/log/hlc.ts';
import { must } from '../../protocol/must.ts';
import { NamedSeries } from '../ledger/named-series.ts';
import type { NamedEntry, NamedSeriesOptions } from '../ledger/named-series.ts';
import { priceKey, readOverrideEvent, setMembers, withdrawnMembers } from './override-event.ts';
import type {
  OverrideEvent,
  OverrideSet,
  OverrideWithdrawn,
  PriceOverride,
} from './override-event.ts';

export type OverrideBookOptions = Omit<NamedSeriesOptions, 'prefix' | 'kind'> & { clock: Clock };

const MS_PER_DAY = 86_400_000;
/** A season; what is to stay longer is a price that headquarters publishes. */
export const OVERRIDE_DAYS_MAX = 92;
export const OVERRIDE_MS_MAX = OVERRIDE_DAYS_MAX * MS_PER_DAY;

export class OverrideBook {
  readonly #clock: Clock;
  readonly #series: NamedSeries;
  /** The last word on each; those that have run out go when somebody looks. */
  readonly #standing = new Map<string, PriceOverride>();

  constructor(options: OverrideBookOptions) {
    this.#clock = options.clock;
    this.#series = new NamedSeries({ ...options, prefix: 'priceOverride', kind: 'audit' });
    this.#followAll();
  }

  /** Entries have come back. */
  reload(): void {
    this.#series.reload();
    this.#followAll();
  }

  /** Those that count now, by item. */
  counting(): PriceOverride[] {
    const nowMs = this.#clock.wallMs();
    for (const [key, { until }] of this.#standing) {
      if (Date.parse(until) <= nowMs) this.#standing.delete(key);
    }
    return [...this.#standing.values()].sort((a, b) => (priceKey(a) < priceKey(b) ? -1 : 1));
  }

  /** Durable when it resolves. */
  async set(override: OverrideSet): Promise<OverrideEvent> {
    return this.#write(setMembers(override));
  }

  /** Durable when it resolves. */
  async withdraw(said: OverrideWithdrawn): Promise<OverrideEvent> {
    return this.#write(withdrawnMembers(said));
  }

  async #write(members: Parameters<NamedSeries['append']>[0]): Promise<OverrideEvent> {
    const { entry, missed } = await this.#series.append(members);
    for (const earlier of missed) this.#follow(earlier);
    return must(this.#follow(entry), 'what was just written can be read');
  }

  /** The first word that is met on the way back is the last that was said. */
  #followAll(): void {
    this.#standing.clear();
    const nowMs = this.#clock.wallMs();
    const said = new Set<string>();
    for (const entries of this.#series.lives()) {
      for (const { header, at } of entries) {
        // The hybrid clock is never behind the one that `until` was held against.
        const { wallMs } = parseHlc(textOf(header['hlc']));
        if (wallMs + OVERRIDE_MS_MAX < nowMs) break;
        const event = readOverrideEvent(header, at);
        if (event === undefined || said.has(priceKey(event))) continue;
        said.add(priceKey(event));
        if (event.action === 'set') this.#standing.set(priceKey(event), event);
      }
    }
  }

  #follow({ header, at }: NamedEntry): OverrideEvent | undefined {
    const event = readOverrideEvent(header, at);
    if (event?.action === 'set') this.#standing.set(priceKey(event), event);
    else if (event !== undefined) this.#standing.delete(priceKey(event));
    return event;
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
