/**
 * Brings what headquarters' feeds say of rights into the ledger: each grant of this gateway once, its
 * recall once, and the terms of every coupon that is known. In the background, a few at a time, and
 * begun again at every start, so whatever a crash cut off is done then; sales never wait for it.
 *
 * A grant is taken only while this log is known to be whole: headquarters has acknowledged it, and it
 * is not frozen. A log that began anew on an empty disk would otherwise spend what was spent before.
 */
import { passing } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { FeedInForce, FeedReader } from '../../platform/feeds/feed-reader.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Coupon } from '../../protocol/feed/documents.ts';
import type { Grant } from '../../protocol/feed/right-documents.ts';
import { canonicalJson } from '../../protocol/json/canonical.ts';
import type { RightsChange } from '../../protocol/rights/holder.ts';
import type { CouponTerms } from '../../protocol/rights/right-entries.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { RightsReads } from '../ledger/ledger-port.ts';

export type OpenFeeds = Pick<FeedReader, 'feeds' | 'page' | 'document' | 'close'>;

export type RightsKeeperOptions = {
  /** Whose grants are taken. */
  gateway: string;
  ledger: Pick<LedgerClient, 'rights'>;
  /** What is committed, for reading on this thread. */
  rights: RightsReads;
  /** Undefined while there is no copy of the feeds; closed after use. */
  openFeeds: () => OpenFeeds | undefined;
  /** Whether headquarters has acknowledged the log that is being written. */
  isAcknowledged: () => boolean;
  schedule: Schedule;
  signal: AbortSignal;
  onTrouble: (error: unknown) => void;
};

/** A page is read in a millisecond, and the thread has others to serve between two. */
const PAGE_DOCUMENTS = 128;
const PAUSE_MS = 2;
/** How long to leave a ledger alone that is busy or whose disk is full. */
const RETRY_MS = 1_000;

export class RightsKeeper {
  readonly #options: RightsKeeperOptions;
  /** Entries of each feed that were looked through. */
  readonly #seen = new Map<string, number>();
  #running: Promise<void> | undefined;
  #isDue = false;

  constructor(options: RightsKeeperOptions) {
    this.#options = options;
  }

  /** The feeds changed, or something that kept grants from being taken has ended. */
  run(): void {
    this.#isDue = true;
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
  }

  /** Everything is to be looked through again. */
  forget(): void {
    this.#seen.clear();
    this.run();
  }

  async settled(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    const { signal, onTrouble } = this.#options;
    while (this.#isDue && !signal.aborted && this.#isOpen()) {
      this.#isDue = false;
      // The next change, or the next start, looks again at what failed.
      await this.#look().catch((error: unknown) => {
        this.#seen.clear();
        onTrouble(error);
      });
    }
  }

  /** Whether rights may be taken now; asked again each time the gateway looks at its frost. */
  #isOpen(): boolean {
    const { rights, isAcknowledged } = this.#options;
    return rights.state().frozen === null && isAcknowledged();
  }

  /** Something waits for rights to be taken. */
  get isWaiting(): boolean {
    return this.#isDue && this.#running === undefined;
  }

  async #look(): Promise<void> {
    const reader = this.#options.openFeeds();
    if (reader === undefined) return;
    try {
      const feeds = reader.feeds();
      if (feeds.every(({ origin, size }) => this.#seen.get(origin) === size)) return;
      for (const feed of feeds) {
        if (feed.scope === 'store') await this.#grants(reader, feed);
        await this.#newCoupons(reader, feed, feeds);
      }
      await this.#knownCoupons(reader, feeds);
      for (const { origin, size } of feeds) this.#seen.set(origin, size);
    } finally {
      reader.close();
    }
  }

  async #grants(reader: OpenFeeds, feed: FeedInForce): Promise<void> {
    const { gateway, rights } = this.#options;
    await this.#pages({ reader, feed, collection: 'grant' }, (body) => {
      const grant = JSON.parse(body) as Grant;
      if (grant.holder !== gateway) return undefined;
      const row = rights.grant(grant.pool, grant.grantId);
      const isDone = grant.recall === true ? row?.isClosed === true : (row?.amount ?? 0) > 0;
      return isDone ? undefined : { type: 'grant', grant };
    });
  }

  async #newCoupons(
    reader: OpenFeeds,
    feed: FeedInForce,
    feeds: readonly FeedInForce[],
  ): Promise<void> {
    await this.#pages({ reader, feed, collection: 'coupon' }, (_body, couponId) =>
      this.#termsChange(reader, feeds, couponId),
    );
  }

  /** Those that changed or were taken away, in whichever feed. */
  async #knownCoupons(reader: OpenFeeds, feeds: readonly FeedInForce[]): Promise<void> {
    const { rights, signal, schedule } = this.#options;
    let after = '';
    while (!signal.aborted) {
      const page = rights.knownTerms(after, PAGE_DOCUMENTS);
      const last = page.at(-1);
      if (last === undefined) return;
      await this.#tell(page.map(({ couponId }) => this.#termsChange(reader, feeds, couponId)));
      after = last.couponId;
      await passing(schedule, PAUSE_MS);
    }
  }

  #termsChange(
    reader: OpenFeeds,
    feeds: readonly FeedInForce[],
    couponId: string,
  ): RightsChange | undefined {
    const found = reader.document(feeds, 'coupon', couponId);
    const terms = found === undefined ? null : termsOf(JSON.parse(found.body) as Coupon);
    const known = this.#options.rights.terms(couponId);
    const isKnown = known !== undefined && canonicalJson(known) === canonicalJson(terms);
    return isKnown ? undefined : { type: 'terms', couponId, terms };
  }

  /** Looks through what is new of a collection since the last time. */
  async #pages(
    of: { reader: OpenFeeds; feed: FeedInForce; collection: 'grant' | 'coupon' },
    changeOf: (body: string, id: string) => RightsChange | undefined,
  ): Promise<void> {
    const { signal, schedule } = this.#options;
    const { reader, feed, collection } = of;
    const since = this.#seen.get(feed.origin) ?? 0;
    let after = '';
    while (!signal.aborted) {
      const page = reader.page(feed, { collection, after, limit: PAGE_DOCUMENTS });
      const last = page.at(-1);
      if (last === undefined) return;
      const news = page.filter(({ entry }) => entry >= since);
      await this.#tell(news.map(({ body, id }) => changeOf(body, id)));
      after = last.id;
      await passing(schedule, PAUSE_MS);
    }
  }

  /** A page's worth is one commit or two. */
  async #tell(changes: readonly (RightsChange | undefined)[]): Promise<void> {
    const wanted = changes.filter((change) => change !== undefined);
    await Promise.all(wanted.map((change) => this.#write(change)));
  }

  async #write(change: RightsChange): Promise<void> {
    const { ledger, schedule, signal } = this.#options;
    while (!signal.aborted) {
      try {
        const answer = await ledger.rights({ type: 'rights', change });
        // Frozen in between: everything is looked through again when it thaws.
        if (answer.state === 'refused') this.#isDue = true;
        return;
      } catch (error) {
        if (!isTillgateError(error) || !error.retryable) throw error;
        await passing(schedule, RETRY_MS);
      }
    }
  }
}

/** A coupon with neither a cap nor codes that count once is not counted. */
function termsOf({ cap, singleUse, withoutGrant = 0, to }: Coupon): CouponTerms {
  return {
    ...(cap !== undefined && { cap }),
    ...(singleUse === true && { singleUse }),
    withoutGrant,
    ...(to !== undefined && { to }),
  };
}
