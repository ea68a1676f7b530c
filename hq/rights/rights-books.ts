/**
 * The books of all chains, as the feeds, the logs in custody and headquarters' own log say it: opened
 * once, then kept up to date by what is written here, by what others publish, and by the facts of
 * gateways' logs, which may lag once they were read to their end: then they only make more available. Everything written is durable
 * before the books say it; when a write fails, what is durable is unknown, and the books are made
 * again from what they stand on. Callers take turns (rights-desk.ts).
 *
 * Memory: some hundred bytes for each grant that is not at rest (protocol/rights/at-rest.ts), and for
 * each pool at each gateway that used it. Documents of grants at rest are passed over; the projection
 * says which they are, so its first page is asked for before them, and all of it by the same tables.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { Grant } from '../../protocol/feed/right-documents.ts';
import type { GrantAtRest } from '../../protocol/rights/at-rest.ts';
import type { OwnRightEvent } from '../../protocol/rights/own-right-events.ts';
import { PoolBook } from '../../protocol/rights/pool-book.ts';
import { takeWrite } from '../../protocol/rights/pool-decisions.ts';
import type { RightWrite } from '../../protocol/rights/pool-decisions.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import type { RightCursor, RightPage } from '../projection/right-sums.ts';
import type { RightsPorts } from './rights-ports.ts';

/** Facts of one question to the projection: some milliseconds of its time. */
const FACTS_MAX = 2_000;
/** Documents of a feed that the projection is asked about at once. */
const BATCH = 500;
/** Questions of one catching up, so that a turn ends while a backlog of weeks comes in. */
const PAGES_MAX = 50;

export class RightsBooks {
  readonly #ports: RightsPorts;
  #books = new Map<string, PoolBook>();
  #isOpen = false;
  #isCurrent = false;
  #cursor: RightCursor = null;
  #life = '';
  /** Feeds that others published to since they were read. */
  readonly #stale = new Map<string, FeedPlace>();

  constructor(ports: RightsPorts) {
    this.#ports = ports;
    ports.feeds.onForeign((place) => {
      this.#stale.set(`${place.chain}/${place.store ?? ''}`, place);
    });
  }

  /** The books, of the present life, with all that feeds and headquarters' own log say. */
  async open(): Promise<ReadonlyMap<string, PoolBook>> {
    const { incarnation } = await this.#ports.life();
    if (incarnation !== this.#life) {
      this.#life = incarnation;
      for (const book of this.#books.values()) book.beginLife(incarnation);
    }
    if (!this.#isOpen) await this.#load();
    await this.#readStale();
    return this.#books;
  }

  /** That of a chain; empty where nothing is known of it. */
  async of(chain: string): Promise<PoolBook> {
    await this.open();
    return this.#book(chain);
  }

  /** Whether the logs were read to their end since the books were made, or were last doubted. */
  get isCurrent(): boolean {
    return this.#isCurrent && this.#isOpen;
  }

  /** Something came back that has to be read before anything is decided. */
  doubt(): void {
    this.#isCurrent = false;
  }

  /** Takes what gateways' logs say meanwhile; false while there is more to come. */
  async catchUp(): Promise<boolean> {
    await this.open();
    for (let page = 0; page < PAGES_MAX; page++) {
      const said = await this.#ports.facts(this.#cursor, FACTS_MAX);
      if (said.isAnew) {
        // Its sums are not to be taken on top of what the books say already.
        this.#forget();
        await this.open();
        continue;
      }
      this.#take(said);
      if (said.isCurrent) this.#isCurrent = true;
      if (said.isCurrent) return true;
    }
    return false;
  }

  #take({ facts, areSums, rested, cursor }: RightPage): void {
    this.#cursor = cursor;
    for (const fact of facts) {
      const book = this.#book(fact.chain);
      if (areSums) book.takeSum(fact);
      else book.takeFact(fact);
    }
    for (const { chain, pool, grantId } of rested) this.#book(chain).letRest(pool, grantId);
  }

  /** Grants of these ids that are at rest, so that no book names them. */
  async atRest(chain: string, grantIds: readonly string[]): Promise<readonly GrantAtRest[]> {
    await this.open();
    return this.#atRest(chain, grantIds);
  }

  async #atRest(chain: string, grantIds: readonly string[]): Promise<readonly GrantAtRest[]> {
    const book = this.#book(chain);
    const unknown = grantIds.filter((id) => book.poolOfGrant(id) === undefined);
    if (unknown.length === 0) return [];
    const { name, grants } = await this.#ports.atRest(chain, unknown);
    if (name !== this.#cursor?.name) {
      // Tables that were made again do not know which documents were passed over.
      this.#forget();
      const message = 'What the gateways sent is being read again.';
      throw new TillgateError('RIGHTS_LOCKED', message, { retryable: true });
    }
    return grants;
  }

  /** Each durable, in their order, before the book says it. */
  async write(chain: string, writes: readonly RightWrite[]): Promise<void> {
    const book = this.#book(chain);
    for (const write of writes) {
      try {
        if (write.to === 'log') await this.#record(chain, write.event);
        else await this.#ports.feeds.publish({ chain, store: write.store }, write.change);
      } catch (error) {
        this.#forget();
        throw error;
      }
      takeWrite(book, write);
    }
  }

  /** What a restored headquarters would not know to be spent is not spent. */
  async #record(chain: string, event: OwnRightEvent): Promise<void> {
    const isSpend = event.event === 'promised' || event.event === 'spent';
    if (isSpend) await this.#ports.mirrored(chain);
    await this.#ports.record(chain, event);
  }

  async #load(): Promise<void> {
    const { feeds, facts, ownEvents } = this.#ports;
    // Not on top of what a load that failed left.
    this.#forget();
    this.#stale.clear();
    const first = await facts(null, FACTS_MAX);
    this.#cursor = first.cursor;
    for (const place of feeds.places()) await this.#readFeed(place);
    for await (const { life, chain, event } of ownEvents()) this.#book(chain).takeOwn(life, event);
    this.#take(first);
    this.#isOpen = true;
  }

  async #readStale(): Promise<void> {
    for (const [name, place] of [...this.#stale]) {
      this.#stale.delete(name);
      await this.#readFeed(place);
    }
  }

  async #readFeed(place: FeedPlace): Promise<void> {
    let batch: FeedChange[] = [];
    for await (const change of this.#ports.feeds.changes(place)) {
      batch.push(change);
      if (batch.length < BATCH) continue;
      await this.#takeChanges(place, batch);
      batch = [];
    }
    await this.#takeChanges(place, batch);
  }

  async #takeChanges({ chain, store }: FeedPlace, batch: readonly FeedChange[]): Promise<void> {
    const grants = store === undefined ? [] : batch.flatMap(grantOf);
    const ids = grants.map(({ grantId }) => grantId);
    const names = new Set((await this.#atRest(chain, ids)).map(nameOf));
    const book = this.#book(chain);
    for (const change of batch) {
      const [grant] = grantOf(change);
      // One that says something else under the same id counts by itself.
      if (grant && names.has(nameOf({ ...grant, store, gateway: grant.holder }))) continue;
      book.takeChange(store, change);
    }
  }

  #book(chain: string): PoolBook {
    const known = this.#books.get(chain);
    if (known !== undefined) return known;
    const book = new PoolBook(this.#life);
    this.#books.set(chain, book);
    return book;
  }

  #forget(): void {
    this.#books = new Map();
    this.#cursor = null;
    this.#isOpen = false;
    this.#isCurrent = false;
  }
}

function grantOf(change: FeedChange): Grant[] {
  return change.op === 'put' && change.collection === 'grant' ? [change.document as Grant] : [];
}

/** A grant and all that its document and its receipt both say. */
function nameOf(
  grant: Omit<GrantAtRest, 'ends' | 'store'> & { store: string | undefined },
): string {
  const { grantId, store, gateway, pool, amount } = grant;
  return JSON.stringify([grantId, store, gateway, pool, amount]);
}
