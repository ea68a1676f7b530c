/**
 * Prices that a store sets itself: a manager says one for a time, and takes it back. Each word is an
 * entry before it counts. Until it runs out, the store's price stands before headquarters'; what
 * headquarters publishes meanwhile waits, and is told so by one entry of kind `conflict` (rule
 * `storeOverride`) for each price that it published.
 *
 * The desk looks when it is asked to: at what has run out, and at what the feeds say.
 */
import type { Clock } from '../../protocol/clock.ts';
import { foundMembers } from '../../protocol/conflicts/conflict-entry.ts';
import { storeOverride } from '../../protocol/conflicts/store-override.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isSameScaled } from '../../protocol/scaled.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { OverrideBook } from './override-book.ts';
import { priceKey } from './override-event.ts';
import type { OverrideWithdrawn, PriceOverride, PublishedPrice } from './override-event.ts';
import type { OverrideRequest } from './override-request.ts';

export type PriceDeskOptions = {
  book: OverrideBook;
  clock: Clock;
  ledger: { append(command: Append): Promise<Answer> };
  feeds: PublishedPrices;
  /** Lets others of this thread have their turn. */
  pause: () => Promise<void>;
};

/** What headquarters has published to this store. */
export interface PublishedPrices {
  hasItem(itemId: string): boolean;
  /** The price of each that counts at a time; null where there is none. */
  at(atMs: number, of: readonly ItemPrice[]): readonly (PublishedPrice | null)[];
}

export type ItemPrice = { itemId: string; currency: string };

export type ShownOverride = PriceOverride & {
  /** What headquarters says now; null where it says none. */
  published: PublishedPrice | null;
};

/** A tenth of the range of a large shop; who overrides more has a price list of his own. */
const OVERRIDES_MAX = 2_000;
/** Looked up at a time: some milliseconds. */
const LOOKED_UP_AT_ONCE = 64;

export class PriceDesk {
  readonly #options: PriceDeskOptions;
  /** The last price of headquarters that each override was held against; nothing is written twice anyway. */
  readonly #told = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PriceDeskOptions) {
    this.#options = options;
  }

  /** Those that count now. */
  counting(): PriceOverride[] {
    return this.#options.book.counting();
  }

  async list(): Promise<ShownOverride[]> {
    const shown: ShownOverride[] = [];
    for await (const one of this.#withPublished(this.counting())) shown.push(one);
    return shown;
  }

  /** Throws `PRICE_ITEM_UNKNOWN`, `PRICE_OVERRIDES_FULL`, and what the ledger throws. */
  set(request: OverrideRequest): Promise<PriceOverride> {
    return this.#inTurn(async () => {
      const { book } = this.#options;
      const counting = book.counting();
      const isNew = !counting.some((one) => priceKey(one) === priceKey(request));
      if (isNew && counting.length >= OVERRIDES_MAX) {
        const message = `${OVERRIDES_MAX} prices of the store count at this moment.`;
        throw new TillgateError('PRICE_OVERRIDES_FULL', message);
      }
      this.#checkItem(request.itemId);
      const [over = null] = this.#published([request]);
      const event = await book.set({ ...request, over });
      if (event.action === 'set') return event;
      throw new TillgateError('INTERNAL', 'What was set was read as taken back.');
    });
  }

  /** Throws `PRICE_OVERRIDE_UNKNOWN`, and what the ledger throws. */
  withdraw(said: OverrideWithdrawn): Promise<PriceOverride> {
    return this.#inTurn(async () => {
      const { book } = this.#options;
      const override = book.counting().find((one) => priceKey(one) === priceKey(said));
      if (override === undefined) {
        const message = `No price of ${said.itemId} in ${said.currency} is the store's own.`;
        throw new TillgateError('PRICE_OVERRIDE_UNKNOWN', message);
      }
      await book.withdraw(said);
      return override;
    });
  }

  /** Writes down which prices of headquarters wait for one of the store's. */
  look(): Promise<void> {
    return this.#inTurn(async () => {
      const counting = this.counting();
      const keys = new Set(counting.map(priceKey));
      for (const key of this.#told.keys()) if (!keys.has(key)) this.#told.delete(key);
      for await (const { published, ...override } of this.#withPublished(counting)) {
        await this.#hold(override, published);
      }
    });
  }

  async #hold(override: PriceOverride, published: PublishedPrice | null): Promise<void> {
    if (published === null || isSameScaled(published.amount, override.amount)) return;
    // Another life of the feed says again, under other entries, what the manager saw and changed.
    if (override.over !== null && isSameScaled(published.amount, override.over.amount)) return;
    const { ledger } = this.#options;
    const { itemId, currency } = override;
    const conflict = storeOverride({ itemId, currency, published, override });
    const { conflictId } = conflict;
    if (this.#told.get(priceKey(override)) === conflictId) return;
    const members = foundMembers(conflict);
    const once = `conflict/${conflictId}`;
    await ledger.append({ type: 'append', kind: 'conflict', members, once });
    this.#told.set(priceKey(override), conflictId);
  }

  #checkItem(itemId: string): void {
    if (this.#options.feeds.hasItem(itemId)) return;
    throw new TillgateError('PRICE_ITEM_UNKNOWN', `This store knows no item ${itemId}.`);
  }

  async *#withPublished(overrides: readonly PriceOverride[]): AsyncIterable<ShownOverride> {
    for (let from = 0; from < overrides.length; from += LOOKED_UP_AT_ONCE) {
      const some = overrides.slice(from, from + LOOKED_UP_AT_ONCE);
      const published = this.#published(some);
      for (const [at, one] of some.entries()) yield { ...one, published: published[at] ?? null };
      await this.#options.pause();
    }
  }

  #published(of: readonly ItemPrice[]): readonly (PublishedPrice | null)[] {
    return this.#options.feeds.at(this.#options.clock.wallMs(), of);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
