/**
 * The book against a world that knows the truth: stores that spend offline, lag behind and earn,
 * headquarters that issues, recalls, promises, restarts and is restored from a copy. Whatever the
 * schedule, nothing is spent beyond what there is.
 */
import fc from 'fast-check';
import t from 'tap';
import { decideEnd, decideOnline } from './promise-decisions.ts';
import {
  decideFence,
  decideIssue,
  decideRecall,
  decideSupply,
  decideTakeBack,
  takeWrite,
} from './pool-decisions.ts';
import type { Decision, RightWrite } from './pool-decisions.ts';
import { PoolBook } from './pool-book.ts';
import type { OwnRightEvent } from './own-right-events.ts';
import type { RightFact } from './right-fact.ts';
import type { Grant } from '../feed/right-documents.ts';
import { must } from '../must.ts';

const POOLS = ['points:m-1', 'points:m-1', 'stock:s1/tea'];
const STORES = ['s1', 's2', 's3'];

type Held = { grant: Grant; left: number; isOpen: boolean };
type Earned = { event: 'credited' | 'released'; pool: string; amount: number; key: string };
type FeedWrite = RightWrite & { to: 'feed' };

class Store {
  readonly name: string;
  readonly log: RightFact[] = [];
  readonly grants = new Map<string, Held>();
  readonly own = new Map<string, number>();
  readonly holds: { key: string; pool: string; amount: number }[] = [];
  delivered = 0;
  mirrored = 0;
  reached = 0;
  isDead = false;

  constructor(name: string) {
    this.name = name;
  }

  say(part: Partial<RightFact> & Pick<RightFact, 'event' | 'pool'>): void {
    // The facts of one spend are of one entry.
    const last = this.log.at(-1);
    const isSame = part.event === 'drawn' && last?.event === 'drawn' && last.key === part.key;
    const index = isSame ? last.index : this.log.length;
    const place = { chain: 'c', store: this.name, gateway: 'g', origin: `d/c/${this.name}/g/e1` };
    const n = isSame ? last.n + 1 : 0;
    const rest = { n, at: '', grantId: '', amount: 0, key: '', by: '' as const, hqTime: null };
    this.log.push({ ...place, ...rest, ...part, index });
  }

  mirror(feed: readonly FeedWrite[]): void {
    for (const { change } of feed.slice(this.mirrored)) {
      const grant = (change as { document: unknown }).document as Grant;
      const { grantId, pool, amount, recall } = grant;
      if (!this.grants.has(grantId)) {
        this.grants.set(grantId, { grant, left: amount, isOpen: true });
        this.say({ event: 'received', pool, grantId, amount });
      }
      const held = must(this.grants.get(grantId), 'it was just received');
      if (recall === true && held.isOpen) {
        held.isOpen = false;
        this.say({ event: 'returned', pool, grantId, amount: held.left });
      }
    }
    this.mirrored = feed.length;
  }

  spend(pool: string, amount: number, key: string): boolean {
    const parts: { grantId: string; amount: number }[] = [];
    let open = amount;
    const own = Math.min(open, this.own.get(pool) ?? 0);
    if (own > 0) parts.push({ grantId: 'own', amount: own });
    open -= own;
    for (const { grant, left, isOpen } of this.grants.values()) {
      const expiresAt = grant.expiresAt === undefined ? Infinity : Date.parse(grant.expiresAt);
      if (!isOpen || grant.pool !== pool || this.reached * 1_000 >= expiresAt) continue;
      const taken = Math.min(open, left);
      if (taken > 0) parts.push({ grantId: grant.grantId, amount: taken });
      open -= taken;
    }
    if (open > 0) return false;
    for (const part of parts) {
      const held = this.grants.get(part.grantId);
      if (held === undefined) this.own.set(pool, (this.own.get(pool) ?? 0) - part.amount);
      else held.left -= part.amount;
    }
    for (const part of parts) this.say({ event: 'drawn', pool, key, ...part });
    return true;
  }

  earn(part: Earned): void {
    const { pool, amount } = part;
    this.own.set(pool, (this.own.get(pool) ?? 0) + amount);
    this.say(part);
  }

  giveBackOwn(pool: string): void {
    const amount = this.own.get(pool) ?? 0;
    this.own.set(pool, 0);
    this.say({ event: 'returned', pool, grantId: 'own', amount });
  }
}

type Own = { life: string; event: OwnRightEvent };
type Copy = { own: Own[]; feeds: Map<string, FeedWrite[]>; delivered: number[] };

class World {
  readonly stores = STORES.map((name) => new Store(name));
  feeds = new Map<string, FeedWrite[]>();
  own: Own[] = [];
  book = new PoolBook('00000001');
  lives = 1;
  now = 1;
  ids = 0;
  copy: Copy = { own: [], feeds: new Map(), delivered: [0, 0, 0] };
  readonly promises = new Map<string, { pool: string; amount: number; isOpen: boolean }>();
  readonly spent = new Map<string, number>();
  readonly earned = new Map<string, number>();

  newId(): string {
    return `i${++this.ids}`;
  }

  feed(store: string | undefined): FeedWrite[] {
    const name = store ?? '';
    const feed = this.feeds.get(name) ?? [];
    this.feeds.set(name, feed);
    return feed;
  }

  carryOut(decision: Decision): boolean {
    if (!decision.ok) return false;
    this.write(decision.writes);
    return true;
  }

  write(writes: readonly RightWrite[]): void {
    for (const write of writes) {
      if (write.to === 'feed') this.feed(write.store).push(write);
      else this.own.push({ life: this.book.life, event: write.event });
      takeWrite(this.book, write);
    }
  }

  deliver(store: Store, count: number): void {
    const facts = store.log.slice(store.delivered, store.delivered + count);
    for (const fact of facts) this.book.takeFact(fact);
    store.delivered += facts.length;
  }

  rebuilt(): PoolBook {
    const book = new PoolBook(String(this.lives).padStart(8, '0'));
    for (const store of this.stores) {
      for (const fact of store.log.slice(0, store.delivered)) book.takeFact(fact);
    }
    for (const { life, event } of this.own) book.takeOwn(life, event);
    for (const [name, writes] of this.feeds) {
      for (const { change } of writes) book.takeChange(name === '' ? undefined : name, change);
    }
    return book;
  }

  keepCopy(): void {
    const feeds = new Map([...this.feeds].map(([name, writes]) => [name, [...writes]]));
    const delivered = this.stores.map((store) => store.delivered);
    this.copy = { own: [...this.own], feeds, delivered };
  }

  /** Everybody reports, and what stores mirrored of lost feeds comes back. */
  restore(): void {
    const { own, feeds } = this.copy;
    const now = this.feeds;
    this.feeds = new Map([['', now.get('') ?? []]]);
    for (const store of this.stores) {
      const kept = feeds.get(store.name) ?? [];
      const mirrored = (now.get(store.name) ?? []).slice(0, store.mirrored);
      const feed = mirrored.length > kept.length ? mirrored : [...kept];
      this.feeds.set(store.name, feed);
      store.delivered = store.log.length;
    }
    this.own = [...own];
    this.lives++;
    this.book = this.rebuilt();
  }

  add(to: 'spent' | 'earned', pool: string, amount: number): void {
    this[to].set(pool, (this[to].get(pool) ?? 0) + amount);
  }

  /** The truth: what is spent, and what stores could still spend without asking. */
  claims(pool: string): number {
    const atStores = this.stores.flatMap((store) =>
      store.isDead
        ? []
        : [
            store.own.get(pool) ?? 0,
            ...[...store.grants.values()]
              .filter(({ grant, isOpen }) => isOpen && grant.pool === pool)
              .filter(
                ({ grant }) => store.reached * 1_000 < Date.parse(grant.expiresAt ?? '9999-01-01'),
              )
              .map(({ left }) => left),
          ],
    );
    return (this.spent.get(pool) ?? 0) + atStores.reduce((sum, left) => sum + left, 0);
  }
}

type Step = { op: number; a: number; b: number; amount: number };

function run(world: World, { op, a, b, amount }: Step): void {
  const store = must(world.stores[a % STORES.length], 'one of them');
  const pool = must(POOLS[b % POOLS.length], 'one of them');
  switch (OPS[op % OPS.length]) {
    case 'supply':
      world.carryOut(decideSupply(world.book, pool, amount * 3));
      return;
    case 'issue': {
      const expiresAt = b % 3 === 0 ? new Date((world.now + 5) * 1_000).toISOString() : undefined;
      const holder = { store: store.name, gateway: 'g' };
      const asked = {
        ...{ grantId: world.newId(), pool, holder, expiresAt },
        amount: greedy(world, pool, { a, amount }),
      };
      world.carryOut(decideIssue(world.book, asked));
      return;
    }
    case 'mirror':
      if (!store.isDead) store.mirror(world.feed(store.name));
      return;
    case 'spend':
      if (!store.isDead && store.spend(pool, amount, world.newId())) {
        world.add('spent', pool, amount);
      }
      return;
    case 'hold': {
      const key = world.newId();
      if (store.isDead || !store.spend(pool, amount, key)) return;
      world.add('spent', pool, amount);
      store.holds.push({ key, pool, amount });
      return;
    }
    case 'releaseHold': {
      const hold = store.isDead ? undefined : store.holds.pop();
      if (hold === undefined) return;
      store.earn({ event: 'released', ...hold });
      world.add('spent', hold.pool, -hold.amount);
      return;
    }
    case 'earn':
      if (store.isDead) return;
      store.earn({ event: 'credited', pool, amount, key: world.newId() });
      world.add('earned', pool, amount);
      return;
    case 'giveBackOwn':
      if (!store.isDead) store.giveBackOwn(pool);
      return;
    case 'anchor':
      world.now += amount;
      if (store.isDead) return;
      store.reached = world.now;
      store.say({ event: 'anchor', pool: '', hqTime: world.now });
      return;
    case 'deliver':
      world.deliver(store, amount * 2);
      return;
    default:
      runAtHeadquarters(world, { op, a, b, amount }, pool);
  }
}

/** Often all that headquarters thinks it has: one too many shows at once. */
function greedy(world: World, pool: string, { a, amount }: Pick<Step, 'a' | 'amount'>): number {
  const state = world.book.pool(pool);
  const all = (state?.available() ?? 0) + (a % 2 === 0 ? 0 : (state?.rest(world.book.online) ?? 0));
  return a % 3 === 0 ? amount : Math.max(1, all);
}

function runAtHeadquarters(world: World, { op, a, amount }: Step, pool: string): void {
  const store = must(world.stores[a % STORES.length], 'one of them');
  switch (OPS[op % OPS.length]) {
    case 'recall': {
      const grants = [...(world.book.pool(pool)?.grants() ?? [])];
      const grant = grants[a % Math.max(1, grants.length)];
      if (grant !== undefined) world.carryOut(decideRecall(world.book, grant.grantId));
      return;
    }
    case 'promise': {
      const all = greedy(world, pool, { a, amount });
      const asked = { id: world.newId(), kind: 'promise', pool, amount: all } as const;
      if (!world.carryOut(decideOnline(world.book, { ...asked, unique: world.newId() }))) return;
      world.add('spent', pool, all);
      world.promises.set(asked.id, { pool, amount: all, isOpen: true });
      return;
    }
    case 'end': {
      // Also one that ended already, as far as a restored headquarters knows or not.
      const [id = '', promise] = [...world.promises][a % Math.max(1, world.promises.size)] ?? [];
      const end = amount % 2 === 0 ? 'released' : 'collected';
      if (promise === undefined || !world.carryOut(decideEnd(world.book, id, end))) return;
      if (promise.isOpen && end === 'released') world.add('spent', promise.pool, -promise.amount);
      promise.isOpen = false;
      return;
    }
    case 'takeBack': {
      const state = world.book.pool(pool);
      if (state !== undefined) world.write(decideTakeBack(world.book, state, amount * 2));
      return;
    }
    case 'fence':
      if (a !== 7) return;
      store.isDead = true;
      world.deliver(store, Infinity);
      world.carryOut(
        decideFence(world.book, { store: store.name, gateway: 'g' }, { by: 'me', reason: 'fire' }),
      );
      return;
    case 'copy':
      world.keepCopy();
      return;
    case 'restore':
      if (a % 2 === 0) world.restore();
      return;
    default:
      world.book = world.rebuilt();
  }
}

const OPS = [
  'supply', 'issue', 'issue', 'mirror', 'mirror', 'spend', 'spend', 'hold', 'releaseHold', 'earn',
  'giveBackOwn', 'anchor', 'deliver', 'deliver', 'recall', 'promise', 'promise', 'end', 'takeBack',
  'fence', 'copy', 'restore', 'restart', 'promise', 'end', 'recall', 'issue', 'anchor',
]; // prettier-ignore

function shown(book: PoolBook): unknown {
  return book.pools().map((pool) => ({
    ...{ pool: pool.pool, available: pool.available(), spent: pool.spent() },
    rests: pool
      .holders()
      .sort()
      .map((holder) => [holder, pool.rest(holder)]),
  }));
}

void t.test('over random schedules nothing is spent beyond what there is', (t) => {
  const step = fc.record({
    op: fc.nat({ max: OPS.length - 1 }),
    a: fc.nat({ max: 11 }),
    b: fc.nat({ max: 11 }),
    amount: fc.integer({ min: 1, max: 12 }),
  });
  let most = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 120, size: 'max' }), (steps) => {
      const world = new World();
      for (const pool of POOLS) world.carryOut(decideSupply(world.book, pool, 30));
      for (const [at, one] of steps.entries()) {
        run(world, one);
        for (const pool of POOLS) {
          const claims = world.claims(pool);
          const limit = (world.book.pool(pool)?.supply ?? 0) + (world.earned.get(pool) ?? 0);
          most = Math.max(most, claims);
          if (claims > limit) {
            throw new Error(`step ${at}: ${claims} of ${pool}, there are ${limit}`);
          }
        }
      }
      t.strictSame(shown(world.rebuilt()), shown(world.book));
    }),
    { numRuns: 250, seed: 7 },
  );
  t.ok(most >= 30, 'and the schedules do spend what there is');
  t.end();
});
