/**
 * Headquarters of the model: the product's own book and decisions over feeds, logs and custody that
 * are arrays. Every decision's writes are durable one after the other; a crash may fall between two.
 */
import type { FeedChange } from '../../../protocol/feed/change.ts';
import { PoolBook } from '../../../protocol/rights/pool-book.ts';
import { takeWrite } from '../../../protocol/rights/pool-decisions.ts';
import type { Decision } from '../../../protocol/rights/pool-decisions.ts';
import type { OwnRightEvent } from '../../../protocol/rights/own-right-events.ts';
import { rightFactsOf } from '../../../protocol/rights/right-fact.ts';
import type { Header } from './model-entry.ts';

export type HqImage = {
  chainFeed: FeedChange[];
  storeFeeds: Map<string, FeedChange[]>;
  ownLog: { life: string; event: OwnRightEvent }[];
  custody: Map<string, Header[]>;
};

const CHAIN = 'acme';

export class ModelHeadquarters {
  life = lifeName(1);
  lives = 1;
  held: HqImage = { chainFeed: [], storeFeeds: new Map(), ownLog: [], custody: new Map() };
  timeSeconds = 1_000;
  /** Of a restored life: gateways that have not reported yet. */
  awaited = new Set<string>();
  #book = new PoolBook(this.life);

  get book(): PoolBook {
    return this.#book;
  }

  get isLocked(): boolean {
    return this.awaited.size > 0;
  }

  feedOf(store: string): FeedChange[] {
    const known = this.held.storeFeeds.get(store);
    if (known !== undefined) return known;
    const feed: FeedChange[] = [];
    this.held.storeFeeds.set(store, feed);
    return feed;
  }

  custodyOf(origin: string): Header[] {
    const known = this.held.custody.get(origin);
    if (known !== undefined) return known;
    const entries: Header[] = [];
    this.held.custody.set(origin, entries);
    return entries;
  }

  /** Carries a decision out; `writes` bounds how many of its writes a crash lets through. */
  carryOut(decision: Decision, writes = Infinity): boolean {
    if (!decision.ok) return false;
    let left = writes;
    for (const write of decision.writes) {
      if (left <= 0) return false;
      left -= 1;
      if (write.to === 'log') this.held.ownLog.push({ life: this.life, event: write.event });
      else if (write.store === undefined) this.held.chainFeed.push(write.change);
      else this.feedOf(write.store).push(write.change);
      takeWrite(this.#book, write);
    }
    return true;
  }

  publish(change: FeedChange): void {
    this.held.chainFeed.push(change);
    this.#book.takeChange(undefined, change);
  }

  /** Entries of a log that continue what is held. */
  receive(origin: string, entries: readonly Header[]): void {
    const held = this.custodyOf(origin);
    for (const header of entries) {
      this.#takeFacts(this.#book, origin, held.length, header);
      held.push(header);
    }
  }

  image(): HqImage {
    return structuredClone(this.held);
  }

  /** An older copy takes the place of everything; what it does not know is told by the gateways. */
  restore(image: HqImage, gateways: readonly string[]): void {
    this.held = structuredClone(image);
    this.lives += 1;
    this.life = lifeName(this.lives);
    this.awaited = new Set(gateways.filter((name) => !this.rebuilt().isFenced(name)));
    this.#book = this.rebuilt();
  }

  /** A book made anew from what is durable; logs in the other order make the same book. */
  rebuilt(isReversed = false): PoolBook {
    const book = new PoolBook(this.life);
    for (const change of this.held.chainFeed) book.takeChange(undefined, change);
    for (const [store, feed] of this.held.storeFeeds) {
      for (const change of feed) book.takeChange(store, change);
    }
    const logs = [...this.held.custody].sort(([a], [b]) => (a < b ? -1 : 1));
    if (isReversed) logs.reverse();
    for (const [origin, entries] of logs) {
      entries.forEach((header, index) => this.#takeFacts(book, origin, index, header));
    }
    for (const { life, event } of this.held.ownLog) book.takeOwn(life, event);
    return book;
  }

  rebuild(): void {
    this.#book = this.rebuilt();
  }

  #takeFacts(book: PoolBook, origin: string, index: number, header: Header): void {
    const [store = '', gateway = ''] = origin.split('/');
    const place = { origin, index, chain: CHAIN, store, gateway };
    for (const fact of rightFactsOf({ ...place, header })) book.takeFact(fact);
  }
}

function lifeName(count: number): string {
  return `${String(count).padStart(8, '0')}${'f'.repeat(24)}`;
}
