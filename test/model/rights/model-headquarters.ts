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
import type { GrantAtRest } from '../../../protocol/rights/at-rest.ts';
import { CountedFacts, restingIn } from './model-sums.ts';
import type { Resting } from './model-sums.ts';
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
/** Facts after which grants at rest are looked for: few, so that it happens often. */
const REST_EVERY = 3;

export type HqBug = 'says again' | 'rests too early' | 'forgets the names of grants at rest';

/** How a book is made anew; only the last is what the product does. */
export type Making = 'as it came in' | 'by log' | 'as after a start';

export class ModelHeadquarters {
  readonly #bug: HqBug | undefined;

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
  /** All that were given out; the first `#covered` of them are added up. */
  #facts: RightFact[] = [];
  #counted = new CountedFacts();
  #covered = 0;
  #resting = new Map<string, Resting>();

  constructor(bug?: HqBug) {
    this.#bug = bug;
  }

  get book(): PoolBook {
    return this.#book;
  }

  get isLocked(): boolean {
    return this.awaited.size > 0;
  }

  /** A grant at rest, which the book does not name. */
  atRest(grantId: string): GrantAtRest | undefined {
    if (this.#book.poolOfGrant(grantId) !== undefined) return undefined;
    return this.#bug === 'forgets the names of grants at rest'
      ? undefined
      : this.#resting.get(grantId);
  }

  get restingCount(): number {
    return this.#resting.size;
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
      for (const fact of this.#take(arrival)) this.#book.takeFact(fact);
      this.held.arrivals.push(arrival);
      held.push(header);
    }
    if (this.#facts.length - this.#covered >= REST_EVERY) {
      const before = this.#resting;
      this.#cover();
      for (const { pool, grantId } of this.#resting.values()) {
        if (!before.has(grantId)) this.#book.letRest(pool, grantId);
      }
    }
    this.#findConflicts();
  }

  #findConflicts(): void {
    const { conflicts, arrivals } = this.held;
    for (const id of conflictsIn(arrivals.flatMap(factsOf))) {
      if (this.#bug === 'says again' || !conflicts.includes(id)) conflicts.push(id);
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
    this.rebuild();
    this.awaited = new Set(gateways.filter((name) => !this.#book.isFenced(name)));
  }

  /** A book made anew from what is durable. */
  rebuilt(making: Making = 'as it came in'): PoolBook {
    const book = new PoolBook(this.life);
    const isRested = making === 'as after a start';
    for (const change of this.held.chainFeed) book.takeChange(undefined, change);
    for (const [store, feed] of this.held.storeFeeds) {
      for (const change of feed) {
        if (!isRested || !this.#resting.has(change.id)) book.takeChange(store, change);
      }
    }
    const facts = making === 'by log' ? this.#byLog() : this.#facts;
    for (const [at, fact] of facts.entries()) {
      const isCovered = isRested && at < this.#covered && this.#resting.has(fact.grantId);
      if (!isCovered) book.takeFact(fact);
      else if (fact.event === 'drawn') book.takeSum({ ...fact, event: 'rested', grantId: '' });
    }
    for (const { life, event } of this.held.ownLog) book.takeOwn(life, event);
    return book;
  }

  /** A start: the tables are made of what came in, and all of it is added up. */
  rebuild(): void {
    this.#facts = [];
    this.#counted = new CountedFacts();
    for (const arrival of this.held.arrivals) this.#take(arrival);
    this.#cover();
    this.#book = this.rebuilt('as after a start');
  }

  #take(arrival: Arrival): RightFact[] {
    const facts = this.#counted.of(factsOf(arrival));
    this.#facts.push(...facts);
    return facts;
  }

  #cover(): void {
    this.#covered = this.#facts.length;
    this.#resting = restingIn(this.#facts, this.#bug === 'rests too early');
  }

  #byLog(): RightFact[] {
    const byLog = [...this.held.arrivals].sort((a, b) =>
      a.origin === b.origin ? a.index - b.index : a.origin < b.origin ? 1 : -1,
    );
    const counted = new CountedFacts();
    return byLog.flatMap((arrival) => counted.of(factsOf(arrival)));
  }
}

export function factsOf({ origin, index, header }: Arrival): RightFact[] {
  const [store = '', gateway = ''] = origin.split('/');
  return rightFactsOf({ origin, index, chain: CHAIN, store, gateway, header });
}

function lifeName(count: number): string {
  return `${String(count).padStart(8, '0')}${'f'.repeat(24)}`;
}
