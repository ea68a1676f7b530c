/**
 * Answers one question of a device from the documents in force and from the ledger. Everything that
 * an answer rests on is of one moment, and the answer names the feed heads that it is true for.
 * Relies on the readers that are handed in; time comes in too.
 */
import { labelValue, readCode } from '../../protocol/barcode/read-code.ts';
import type { CodeReading } from '../../protocol/barcode/read-code.ts';
import { LABEL_MARK } from '../../protocol/feed/change.ts';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { DocumentOf, Item } from '../../protocol/feed/documents.ts';
import type { FeedInForce, FeedReader } from '../../platform/feeds/feed-reader.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { headquartersPrice } from '../prices/headquarters-price.ts';
import { priceKey } from '../prices/override-event.ts';
import type { PriceOverride } from '../prices/override-event.ts';
import type { StockReader } from '../stock/stock-reader.ts';
import { answerStock } from './answer-stock.ts';
import { failure, notFound } from './query-answer.ts';
import type { Outcome, QueryAnswer } from './query-answer.ts';
import type { HeldByHq } from './query-messages.ts';
import { readQuery } from './query-schema.ts';
import { accountHere, couponHere, pointsHere } from './rights-here.ts';
import type { Query } from './query-schema.ts';

export type QueryContext = {
  /** Undefined while there is no copy of the feeds. */
  feeds: FeedReader | undefined;
  /** Undefined while the ledger cannot be read. */
  ledger: LedgerReader | undefined;
  stock: StockReader | undefined;
  store: string;
  currency: string;
  nowMs: number;
  /** When headquarters last said that a feed is its newest, by origin. */
  confirmedAt: ReadonlyMap<string, string>;
  /** Entries of the newest epoch that headquarters holds. */
  heldByHq: HeldByHq;
  /** Prices that the store set itself, by item and currency. */
  overrides: ReadonlyMap<string, PriceOverride>;
};

const MS_PER_SECOND = 1_000;
export function answerQuery(context: QueryContext, payload: Uint8Array): QueryAnswer {
  const read = readQuery(payload);
  const at = new Date(context.nowMs).toISOString();
  if (!read.ok) {
    const { queryId, query, problem } = read;
    const { code, message, path } = problem;
    return { queryId, query, ...failure('refused', code, { message, path }), feeds: [], at };
  }
  const { query } = read;
  const about = { queryId: query.queryId, query: query.query };
  if (query.query === 'transaction') {
    return { ...about, ...transaction(context, query.id ?? ''), feeds: [], at };
  }
  if (query.query === 'storedValue') {
    const currency = query.currency ?? context.currency;
    const account = accountHere(context.ledger?.rights, query.id ?? '', currency);
    if (account === undefined) return { ...about, ...notFound(), feeds: [], at };
    return { ...about, state: 'found', result: account, feeds: [], at };
  }
  const reader = context.feeds;
  if (reader === undefined) {
    const outcome = query.query === 'stock' ? answerStock(context, query, undefined) : notFound();
    return { ...about, ...outcome, feeds: [], at };
  }
  return reader.atOnce(() => {
    const feeds = reader.feeds();
    const outcome = new Lookup(context, reader, feeds).answer(query);
    return { ...about, ...outcome, feeds: feeds.map((feed) => shownFeed(context, feed)), at };
  });
}

class Lookup {
  readonly #context: QueryContext;
  readonly #reader: FeedReader;
  readonly #feeds: readonly FeedInForce[];

  constructor(context: QueryContext, reader: FeedReader, feeds: readonly FeedInForce[]) {
    this.#context = context;
    this.#reader = reader;
    this.#feeds = feeds;
  }

  answer(query: Query): Outcome {
    switch (query.query) {
      case 'item': {
        const found = this.#item(query);
        return found === undefined ? notFound() : { state: 'found', result: found };
      }
      case 'price':
        return this.#price(query);
      case 'stock':
        return answerStock(this.#context, query, this.#item(query)?.item);
      case 'member':
        return this.#member(query);
      case 'coupon':
        return this.#coupon(query);
      case 'tax': {
        const tax = this.#document('tax', query.id ?? '');
        return tax === undefined ? notFound() : { state: 'found', result: { tax } };
      }
      default:
        return notFound();
    }
  }

  /** By its id, by a code in any of its forms, or by a label of the store. */
  #item({ id, code }: Query): ({ item: Item } & Omit<CodeReading, 'code'>) | undefined {
    if (id !== undefined) {
      const item = this.#document('item', id);
      return item === undefined ? undefined : { item };
    }
    const { readings, label } = readCode(code ?? '');
    for (const { code: reading, ...says } of readings) {
      const item = this.#held('item', reading) ?? this.#document('item', reading);
      if (item !== undefined) return { item, ...says };
    }
    for (const prefix of label?.prefixes ?? []) {
      const item = this.#held('item', `${LABEL_MARK}${prefix}`);
      if (item?.embedded === undefined || label === undefined) continue;
      const value = labelValue(label.digits, item.embedded);
      if (value !== undefined) return { item, [item.embedded.holds]: value };
    }
    return undefined;
  }

  #price(query: Query): Outcome {
    const found = this.#item(query);
    if (found === undefined) return notFound();
    const { itemId, taxCode } = found.item;
    const { store, nowMs } = this.#context;
    const currency = query.currency ?? this.#context.currency;
    const atMs = query.at === undefined ? nowMs : Date.parse(query.at);
    const price = this.#priceAt({ itemId, currency, store, atMs });
    if (price === undefined) return { ...failure('unknown', 'QUERY_NO_PRICE'), result: found };
    const tax = taxCode === undefined ? undefined : this.#document('tax', taxCode);
    const { price: onLabel, ...rest } = found;
    return {
      state: 'found',
      result: {
        ...rest,
        ...price,
        ...(onLabel !== undefined && { labelPrice: onLabel }),
        ...(tax !== undefined && { tax }),
      },
    };
  }

  /** What the store set itself stands before what headquarters says, as long as it counts. */
  #priceAt(of: Parameters<typeof headquartersPrice>[2]): object | undefined {
    const { itemId, currency, store, atMs } = of;
    const published = headquartersPrice(this.#reader, this.#feeds, of)?.price;
    const override = this.#context.overrides.get(priceKey(of));
    if (override !== undefined && atMs < Date.parse(override.until)) {
      const { amount, until, managerId } = override;
      const price = { itemId, currency, amount, scope: { store }, to: until };
      const over = { origin: override.origin, index: override.index };
      const said = { managerId, until, ...over, published: published ?? null };
      return { price, unitPrice: amount, currency, override: said };
    }
    return published && { price: published, unitPrice: published.amount, currency };
  }

  #member({ id, code }: Query): Outcome {
    const wanted = id ?? code ?? '';
    const member = this.#held('member', wanted) ?? this.#document('member', wanted);
    if (member === undefined) return notFound();
    const level =
      member.levelId === undefined ? undefined : this.#document('level', member.levelId);
    const points = pointsHere(this.#context.ledger?.rights, member.memberId);
    return { state: 'found', result: { member, ...(level !== undefined && { level }), points } };
  }

  /** Whether its time has come, and whether it can be used here now. */
  #coupon({ id, code, at }: Query): Outcome {
    const wanted = id ?? code ?? '';
    const coupon = this.#held('coupon', wanted) ?? this.#document('coupon', wanted);
    if (coupon === undefined) return notFound();
    const atMs = at === undefined ? this.#context.nowMs : Date.parse(at);
    const isEarly = coupon.from !== undefined && atMs < Date.parse(coupon.from);
    const isLate = coupon.to !== undefined && atMs >= Date.parse(coupon.to);
    const time = isEarly ? 'notYet' : isLate ? 'over' : 'now';
    const here = couponHere(this.#context.ledger?.rights, coupon.couponId, code);
    return { state: 'found', result: { coupon, time, here } };
  }

  #held<C extends Collection>(collection: C, code: string): DocumentOf[C] | undefined {
    const id = this.#reader.holder(this.#feeds, collection, code);
    return id === undefined ? undefined : this.#document(collection, id);
  }

  #document<C extends Collection>(collection: C, id: string): DocumentOf[C] | undefined {
    const found = this.#reader.document(this.#feeds, collection, id);
    return found === undefined ? undefined : (JSON.parse(found.body) as DocumentOf[C]);
  }
}

/** What became of a sale, as the log says. */
function transaction({ ledger, heldByHq }: QueryContext, transactionId: string): Outcome {
  const place = ledger?.findTransaction(transactionId);
  if (ledger === undefined || place === undefined) return notFound();
  const log = ledger.ofEpoch(place.epoch);
  const leaf = log.entry(place.index);
  if (leaf === undefined) return notFound();
  const { recordedAt, deviceId, contentHash } = decodeEntry(leaf).header;
  const { origin } = log;
  return {
    state: 'found',
    result: {
      ...{ transactionId, outcome: 'accepted', origin, index: place.index, recordedAt },
      ...{ deviceId: deviceId ?? null, contentHash: contentHash ?? null },
      atHeadquarters: origin === heldByHq.origin ? place.index < heldByHq.size : null,
    },
  };
}

function shownFeed(
  { confirmedAt, nowMs }: QueryContext,
  { scope, origin, size }: FeedInForce,
): QueryAnswer['feeds'][number] {
  const at = confirmedAt.get(origin) ?? null;
  const ageMs = at === null ? null : Math.max(0, nowMs - Date.parse(at));
  const ageSeconds = ageMs === null ? null : Math.round(ageMs / MS_PER_SECOND);
  return { scope, origin, size, confirmedAt: at, ageSeconds };
}
