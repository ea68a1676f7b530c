/**
 * Lets others know which prices the store set itself: those that answer questions, and devices, on
 * `feeds/price`. Looks at the end of each, and at what headquarters says whenever its feeds change or a
 * price of it may have begun.
 */
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { priceKey } from './override-event.ts';
import type { PriceOverride } from './override-event.ts';
import type { PriceDesk } from './price-desk.ts';

export type PriceWatchOptions = {
  desk: Pick<PriceDesk, 'counting' | 'look'>;
  clock: Clock;
  schedule: Schedule;
  store: string;
  /** Answers are by these from now on. */
  onOverrides: (overrides: readonly PriceOverride[]) => void;
  /** For devices. */
  onNews: (news: object) => void;
  onTrouble: (error: unknown) => void;
};

/** A price of headquarters may begin at any minute. */
const LOOK_INTERVAL_MS = 60_000;

export class PriceWatch {
  readonly #options: PriceWatchOptions;
  #announced = new Map<string, PriceOverride>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(options: PriceWatchOptions) {
    this.#options = options;
  }

  /** Tells what is different since the last time. */
  announce(): void {
    const { desk, onOverrides, onNews } = this.#options;
    const counting = new Map(desk.counting().map((one) => [priceKey(one), one]));
    const ended = [...this.#announced.values()].filter((one) => !counting.has(priceKey(one)));
    const begun = [...counting.values()].filter(
      (one) => !isSameWord(one, this.#announced.get(priceKey(one))),
    );
    this.#announced = counting;
    if (ended.length + begun.length > 0) onOverrides([...counting.values()]);
    for (const one of ended) onNews(this.#news(one, 'delete'));
    for (const one of begun) onNews(this.#news(one, 'put'));
    this.#lookAgain();
  }

  /** Something that prices rest on may have changed. */
  async look(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#options.desk.look();
    } catch (error) {
      // A full disk, say: it is looked at again.
      this.#options.onTrouble(error);
    }
    this.announce();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  #lookAgain(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#announced.size === 0 || this.#isClosed) return;
    const { clock, schedule } = this.#options;
    const ends = [...this.#announced.values()].map(({ until }) => Date.parse(until));
    const nextMs = Math.max(1, Math.min(...ends) - clock.wallMs());
    this.#cancel = schedule(() => void this.look(), Math.min(nextMs, LOOK_INTERVAL_MS));
  }

  #news(override: PriceOverride, op: 'put' | 'delete'): object {
    const { clock, store } = this.#options;
    const { itemId, currency, amount, until, managerId, origin, index } = override;
    const id = `${itemId}/${currency}/s:${store}/override`;
    const at = new Date(clock.wallMs()).toISOString();
    const what = { type: 'changed', collection: 'price', op, id };
    if (op === 'delete') return { ...what, at };
    const document = { itemId, currency, amount, scope: { store }, to: until };
    return { ...what, document, override: { managerId, until, origin, index }, at };
  }
}

function isSameWord(one: PriceOverride, other: PriceOverride | undefined): boolean {
  return one.origin === other?.origin && one.index === other.index;
}
