/**
 * All pools of one chain as headquarters knows them: a reducer over what its feeds say (supply,
 * grants), what the logs of gateways say (protocol/rights/right-fact.ts) and what headquarters itself
 * did (promises, spends, fences). It decides nothing (pool-decisions.ts, promise-decisions.ts) and
 * does no I/O; the same inputs make the same book, in any order that keeps each log's own.
 *
 * A fact is counted once by (origin, index, n), a spend once by its transactionId or reservationId. A
 * grant of a feed that was lost is known by its holder's log alone.
 * What headquarters spends itself belongs to its life: after a restore, what an earlier life held
 * counts as spent, because what it spent after the copy was made is not known.
 */
import type { FeedChange } from '../feed/change.ts';
import type { Coupon } from '../feed/documents.ts';
import type { Grant, Supply } from '../feed/right-documents.ts';
import { isOnlineHolder, lifeOfGrant, onlineHolder, shortLife } from './online-names.ts';
import type { OwnRightEvent } from './own-right-events.ts';
import { isPool } from './pool.ts';
import { PoolState } from './pool-state.ts';
import type { Drawn } from './right-entries.ts';
import { OWN_RECALL_PREFIX } from './right-entries.ts';
import type { RightFact } from './right-fact.ts';

const MS_PER_SECOND = 1_000;

/** Something that headquarters promised or spent online. */
export type OnlineSpend = {
  id: string;
  kind: 'promise' | 'spend';
  pool: string;
  amount: number;
  from: readonly Drawn[];
  life: string;
  state: 'open' | 'released' | 'collected' | 'spent';
};

/** A question of a gateway for rights. */
export type RightRequest = {
  origin: string;
  index: number;
  store: string;
  gateway: string;
  pool: string;
  amount: number;
};

export class PoolBook {
  readonly #pools = new Map<string, PoolState>();
  readonly #grantPools = new Map<string, string>();
  readonly #reachedMs = new Map<string, number>();
  readonly #fenced = new Set<string>();
  readonly #reported = new Set<string>();
  readonly #spends = new Map<string, OnlineSpend>();
  /** The next fact of each log: facts come in the order of their log. */
  readonly #next = new Map<string, { index: number; n: number }>();
  readonly #requests = new Map<string, RightRequest>();
  readonly #caps = new Map<string, number>();
  #life: string;

  /** `life` names the present one of headquarters. */
  constructor(life: string) {
    this.#life = shortLife(life);
  }

  get life(): string {
    return this.#life;
  }

  /** A restore was found: what the life before it held online is lost. */
  beginLife(life: string): void {
    if (this.#life === shortLife(life)) return;
    this.#life = shortLife(life);
    this.#reported.clear();
  }

  /** A change that a feed of the chain says; without a store it is the chain's own feed. */
  takeChange(store: string | undefined, change: FeedChange): void {
    if (change.op === 'delete') {
      // Supplies and grants are never deleted; a coupon may be, and its pool stays.
      if (change.collection === 'coupon') this.#caps.delete(change.id);
      return;
    }
    const { collection, document } = change;
    if (collection === 'supply') {
      const { pool, amount } = document as Supply;
      this.#pool(pool).supply = amount;
    } else if (collection === 'grant') {
      const grant = document as Grant;
      // Asks for what a gateway earned; nothing is given with it.
      if (grant.grantId.startsWith(OWN_RECALL_PREFIX)) return;
      const holder =
        store === undefined ? onlineHolder(lifeOfGrant(grant.grantId)) : `${store}/${grant.holder}`;
      this.#grantPools.set(grant.grantId, grant.pool);
      this.#pool(grant.pool).grant(holder, grant);
    } else if (collection === 'coupon') {
      const { couponId, cap } = document as Coupon;
      if (cap === undefined) this.#caps.delete(couponId);
      else this.#caps.set(couponId, cap);
    }
  }

  /** A fact of a gateway's log, once; facts of one log in their order. */
  takeFact(fact: RightFact): void {
    const { origin, index, n, event } = fact;
    const next = this.#next.get(origin);
    if (next !== undefined && (index < next.index || (index === next.index && n < next.n))) return;
    this.#next.set(origin, { index, n: n + 1 });
    if (event === 'anchor') this.#reach(fact);
    else if (isPool(fact.pool)) this.#takeOf(fact);
  }

  #reach({ store, gateway, hqTime }: RightFact): void {
    const holder = `${store}/${gateway}`;
    const ms = (hqTime ?? 0) * MS_PER_SECOND;
    this.#reachedMs.set(holder, Math.max(ms, this.#reachedMs.get(holder) ?? 0));
  }

  #takeOf(fact: RightFact): void {
    const { origin, index, store, gateway, event, pool, amount } = fact;
    if (event === 'requested') {
      // The newest of a gateway for a pool says what it lacks now.
      const name = `${store}/${gateway} ${pool}`;
      this.#requests.set(name, { origin, index, store, gateway, pool, amount });
      return;
    }
    if (event === 'received' && !this.#grantPools.has(fact.grantId)) {
      this.#grantPools.set(fact.grantId, pool);
    }
    this.#pool(pool).take(fact);
  }

  /** Facts of one kind added up, where nothing of them was taken before. */
  takeSum(sum: RightFact): void {
    if (sum.event === 'anchor') this.#reach(sum);
    else if (isPool(sum.pool)) this.#takeOf(sum);
  }

  /** A grant is at rest, and its name is kept elsewhere. */
  letRest(pool: string, grantId: string): void {
    if (this.#pools.get(pool)?.letRest(grantId) === true) this.#grantPools.delete(grantId);
  }

  /** What headquarters did itself, as its own log says it, `life` being that log's. */
  takeOwn(logLife: string, event: OwnRightEvent): void {
    const life = shortLife(logLife);
    const holder = onlineHolder(life);
    switch (event.event) {
      case 'promised':
      case 'spent': {
        const { id, pool, amount, from } = event;
        if (this.#spends.has(id)) return;
        const isPromise = event.event === 'promised';
        const kind = isPromise ? 'promise' : 'spend';
        const state = isPromise ? 'open' : 'spent';
        this.#spends.set(id, { id, kind, pool, amount, from, life, state });
        for (const drawn of from) this.#pool(pool).draw(holder, drawn.grantId, drawn.amount);
        return;
      }
      case 'released':
      case 'collected': {
        const spend = this.#spends.get(event.id);
        if (spend?.state !== 'open') return;
        spend.state = event.event;
        // The lost life may have released it too, and promised the units again.
        if (event.event === 'released' && spend.life === life) {
          this.#pool(spend.pool).earn(holder, spend.amount);
        }
        return;
      }
      case 'takenBack':
        this.#pool(event.pool).giveBack(holder, event.grantId, event.amount);
        return;
      case 'fenced':
        this.#fenced.add(`${event.store}/${event.gateway}`);
        return;
      case 'reported':
        if (life === this.#life) this.#reported.add(`${event.store}/${event.gateway}`);
    }
  }

  pool(name: string): PoolState | undefined {
    return this.#pools.get(name);
  }

  /** In the order of their names. */
  pools(): PoolState[] {
    return [...this.#pools.values()].sort((a, b) => (a.pool < b.pool ? -1 : 1));
  }

  poolOfGrant(grantId: string): PoolState | undefined {
    const pool = this.#grantPools.get(grantId);
    return pool === undefined ? undefined : this.#pools.get(pool);
  }

  spend(id: string): OnlineSpend | undefined {
    return this.#spends.get(id);
  }

  isFenced(holder: string): boolean {
    return this.#fenced.has(holder);
  }

  fenced(): string[] {
    return [...this.#fenced].sort();
  }

  /** Since the restore with which the present life of headquarters began. */
  hasReported(holder: string): boolean {
    return this.#reported.has(holder);
  }

  /** The newest that each gateway asked for of each pool, until it is done with. */
  requests(): RightRequest[] {
    return [...this.#requests.values()];
  }

  doneWith({ store, gateway, pool, origin, index }: RightRequest): void {
    const name = `${store}/${gateway} ${pool}`;
    const newest = this.#requests.get(name);
    if (newest?.origin === origin && newest.index === index) this.#requests.delete(name);
  }

  /** The holder of what headquarters spends itself in this life. */
  get online(): string {
    return onlineHolder(this.#life);
  }

  /** Coupons with a cap, and it. */
  caps(): ReadonlyMap<string, number> {
    return this.#caps;
  }

  #pool(name: string): PoolState {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const pool = new PoolState(name, {
      isFenced: (holder) => this.#fenced.has(holder),
      reachedMs: (holder) => this.#reachedMs.get(holder) ?? 0,
      isLost: (holder) => isOnlineHolder(holder) && holder !== this.online,
    });
    this.#pools.set(name, pool);
    return pool;
  }
}
