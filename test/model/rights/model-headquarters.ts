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
import type { RightFact } from '../../../protocol/rights/right-fact.ts';
import { conflictsIn } from './model-conflicts.ts';
import type { Header } from './model-entry.ts';

type Arrival = { origin: string; index: number; header: Header };

export type HqImage = {
  chainFeed: FeedChange[];
  storeFeeds: Map<string, FeedChange[]>;
  ownLog: { life: string; event: OwnRightEvent }[];
  custody: Map<string, Header[]>;
  /** What came in, in the order in which it came. */
  arrivals: Arrival[];
  /** Conflicts written into its own log, in their order. */
  conflicts: string[];
};

const CHAIN = 'acme';

export class ModelHeadquarters {
  readonly #saysAgain: boolean;

  life = lifeName(1);
  lives = 1;
  held: HqImage = {
    chainFeed: [],
    storeFeeds: new Map(),
    ownLog: [],
    custody: new Map(),
    arrivals: [],
    conflicts: [],
  };
  timeSeconds = 1_000;
  /** Of a restored life: gateways that have not reported yet. */
  awaited = new Set<string>();
  #book = new PoolBook(this.life);

  /** `saysAgain` writes a conflict whenever it is looked at: a mistake. */
  constructor(saysAgain = false) {
    this.#saysAgain = saysAgain;
  }

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
      const arrival = { origin, index: held.length, header };
      takeFacts(this.#book, arrival);
      this.held.arrivals.push(arrival);
      held.push(header);
    }
    this.#findConflicts();
  }

  #findConflicts(): void {
    const { conflicts, arrivals } = this.held;
    for (const id of conflictsIn(arrivals.flatMap(factsOf), this.#book)) {
      if (this.#saysAgain || !conflicts.includes(id)) conflicts.push(id);
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

  /** A book made anew from what is durable, as it came in, or one log after the other. */
  rebuilt(isByLog = false): PoolBook {
    const book = new PoolBook(this.life);
    for (const change of this.held.chainFeed) book.takeChange(undefined, change);
    for (const [store, feed] of this.held.storeFeeds) {
      for (const change of feed) book.takeChange(store, change);
    }
    const byLog = [...this.held.arrivals].sort((a, b) =>
      a.origin === b.origin ? a.index - b.index : a.origin < b.origin ? 1 : -1,
    );
    for (const arrival of isByLog ? byLog : this.held.arrivals) takeFacts(book, arrival);
    for (const { life, event } of this.held.ownLog) book.takeOwn(life, event);
    return book;
  }

  rebuild(): void {
    this.#book = this.rebuilt();
  }
}

function takeFacts(book: PoolBook, arrival: Arrival): void {
  for (const fact of factsOf(arrival)) book.takeFact(fact);
}

export function factsOf({ origin, index, header }: Arrival): RightFact[] {
  const [store = '', gateway = ''] = origin.split('/');
  return rightFactsOf({ origin, index, chain: CHAIN, store, gateway, header });
}

function lifeName(count: number): string {
  return `${String(count).padStart(8, '0')}${'f'.repeat(24)}`;
}
