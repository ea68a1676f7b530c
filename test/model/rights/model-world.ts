/**
 * Several stores, an online shop and headquarters, with everything that may go wrong between them.
 * Each command is total: where it makes no sense in the present state, nothing happens.
 */
import { couponPool, poolKind, stockPool } from '../../../protocol/rights/pool.ts';
import { decideEnd, decideOnline } from '../../../protocol/rights/promise-decisions.ts';
import {
  decideFence,
  decideIssue,
  decideRecall,
  decideSupply,
  decideTakeBack,
  recallable,
} from '../../../protocol/rights/pool-decisions.ts';
import type { RightsAsked } from '../../../protocol/rights/right-entries.ts';
import type { Command, CommandOf } from './model-command.ts';
import type { Header } from './model-entry.ts';
import { ModelGateway } from './model-gateway.ts';
import { ModelHeadquarters } from './model-headquarters.ts';
import type { HqImage } from './model-headquarters.ts';
import { ModelTruth } from './model-truth.ts';

type Of<T extends Command['type']> = CommandOf<T>;

/** An earlier log that has to come back before rights may be spent again. */
type Lack = { origin: string; start: number; until: number };

const CAP = 5;

/** Mistakes that the model has to find, or it proves nothing. */
export const MODEL_BUGS = [
  'issues before all have reported',
  'spends while frozen',
  'forgets what was spent when it starts',
  'promises from what no gateway mirrors',
  'counts a carried entry twice',
] as const;
export type ModelBug = (typeof MODEL_BUGS)[number];

export class ModelWorld {
  readonly hq = new ModelHeadquarters();
  readonly truth = new ModelTruth();
  readonly gateways: ModelGateway[] = [
    new ModelGateway('s1', 'g1'),
    new ModelGateway('s1', 'g2'),
    new ModelGateway('s2', 'g1'),
  ];
  /** Copies of one log spent apart from each other, or what a lost disk said is nowhere. */
  isForked = false;
  hasRestored = false;
  #hasFenced = false;
  #copies = 0;
  #issued = 0;
  #image: { image: HqImage; supplies: Map<string, number> } | undefined;
  readonly #lacks = new Map<ModelGateway, Lack[]>();
  readonly #heard = new Map<ModelGateway, number>();

  readonly #bug: ModelBug | undefined;

  constructor(bug?: ModelBug) {
    this.#bug = bug;
    const coupon = { names: { en: 'c' }, rate: { value: 1, scale: 1 } };
    const capped = { couponId: 'c', ...coupon, cap: CAP };
    const single = { couponId: 'u', ...coupon, singleUse: true, withoutGrant: 1 };
    this.hq.publish({ op: 'put', collection: 'coupon', id: 'c', document: capped });
    this.hq.publish({ op: 'put', collection: 'coupon', id: 'u', document: single });
    this.#supply('coupon:c', CAP);
    for (const pool of ['stock:s1/milk', 'stock:s2/milk', 'points:m']) this.#supply(pool, 10);
  }

  run(command: Command): void {
    switch (command.type) {
      case 'spend':
        return this.#spend(command);
      case 'earn':
        return this.#sell(command.gateway, `t${command.id}`, {
          debits: [],
          credits: [{ pool: command.pool, amount: command.amount }],
        });
      case 'code':
        return this.#sell(command.gateway, `t${command.id}`, {
          debits: [{ pool: couponPool('u', command.code), amount: 1, path: '' }],
          credits: [],
        });
      case 'hold':
        return this.#hold(command);
      case 'end':
        return this.#end(command);
      case 'up':
        return this.#up(this.#at(command.gateway), command.entries);
      case 'down':
        return this.#down(this.#at(command.gateway), command.changes);
      case 'anchor':
        return this.#anchor(this.#at(command.gateway));
      case 'tick':
        this.hq.timeSeconds += command.seconds;
        return;
      case 'restart':
        return this.#restart(this.#at(command.gateway));
      case 'rollBack':
        return this.#rollBack(command);
      case 'clone':
        return this.#clone(this.#at(command.gateway));
      default:
        return this.#atHeadquarters(command);
    }
  }

  /** Everything reaches everybody; nothing new happens. */
  heal(): void {
    for (let round = 0; round < 6; round++) {
      for (const gateway of this.gateways) {
        this.#up(gateway, Infinity);
        this.#anchor(gateway);
        this.#up(gateway, Infinity);
        this.#down(gateway, Infinity);
      }
    }
  }

  #atHeadquarters(command: Command): void {
    const { hq } = this;
    switch (command.type) {
      case 'restartHq':
        return hq.rebuild();
      case 'copyHq':
        this.#image = { image: hq.image(), supplies: this.#supplies() };
        return;
      case 'restoreHq':
        return this.#restoreHq();
    }
    if (hq.isLocked && this.#bug !== 'issues before all have reported') return;
    switch (command.type) {
      case 'supply':
        if (poolKind(command.pool) !== 'coupon') this.#supply(command.pool, command.amount);
        return;
      case 'issue':
        return this.#issue(command);
      case 'recall':
        hq.carryOut(decideRecall(hq.book, `k${command.id}`));
        return;
      case 'recallOwn':
        return this.#recallOwn(command);
      case 'serve':
        return this.#serve();
      case 'online':
        return this.#online(command);
      case 'endOnline':
        return this.#endOnline(command);
      case 'reclaim': {
        const state = hq.book.pool(command.pool);
        if (state === undefined) return;
        hq.carryOut({ ok: true, writes: decideTakeBack(hq.book, state, command.amount) });
        return;
      }
      case 'fence':
        return this.#fence(this.#at(command.gateway));
      default:
    }
  }

  #at(index: number): ModelGateway {
    return this.gateways[index % this.gateways.length] as ModelGateway;
  }

  #spend({ gateway, id, pool, amount }: Of<'spend'>): void {
    if (poolKind(pool) === 'stock') return;
    const units = poolKind(pool) === 'coupon' ? 1 : amount;
    const asked = { debits: [{ pool, amount: units, path: '' }], credits: [] };
    this.#sell(gateway, `t${id}`, asked);
  }

  #sell(index: number, name: string, asked: RightsAsked): void {
    const gateway = this.#at(index);
    // Tills never make one id for two things; other content under one id is tested elsewhere.
    const id = `${name}@${gateway.name}#${gateway.copy} ${JSON.stringify(asked)}`;
    const rights = gateway.sell(id, asked);
    if (rights === undefined) return;
    this.truth.spend(
      id,
      rights.debits.filter(({ by }) => by === 'grant'),
    );
    for (const { pool, by } of rights.debits) {
      if (by === 'policy') this.truth.codes.set(pool, [...(this.truth.codes.get(pool) ?? []), id]);
    }
    for (const { pool, amount } of rights.credits) this.truth.earn(pool, amount);
  }

  #hold({ gateway: index, id }: Of<'hold'>): void {
    const gateway = this.#at(index);
    const amount = 1 + (id % 4);
    const pool = stockPool(gateway.store, 'milk');
    const reservationId = `r${id}@${gateway.name}#${gateway.copy}`;
    const events = gateway.ask({ type: 'hold', reservationId, pool, amount });
    if (events === undefined) gateway.ask({ type: 'request', pool, amount });
    else if (events.length > 0) this.truth.spend(reservationId, [{ pool, amount }]);
  }

  #end({ gateway: index, id, isCollected }: Of<'end'>): void {
    const gateway = this.#at(index);
    const reservationId = `r${id}@${gateway.name}#${gateway.copy}`;
    if (isCollected) {
      gateway.ask({ type: 'collect', reservationId });
      return;
    }
    const events = gateway.ask({ type: 'release', reservationId, reason: 'cancelled' });
    if ((events?.length ?? 0) > 0) this.truth.release(reservationId);
  }

  #supply(pool: string, amount: number): void {
    if (!this.hq.carryOut(decideSupply(this.hq.book, pool, amount))) return;
    this.truth.supply(pool, amount);
  }

  #issue({ id, pool, gateway, amount, lasts }: Of<'issue'>): void {
    const { store, gateway: name } = this.#at(gateway);
    if (poolKind(pool) === 'stock' && pool !== stockPool(store, 'milk')) return;
    const expiresAt =
      lasts === undefined
        ? undefined
        : new Date((this.hq.timeSeconds + lasts) * 1_000).toISOString();
    const holder = { store, gateway: name };
    this.hq.carryOut(
      decideIssue(this.hq.book, { grantId: `k${id}`, pool, holder, amount, expiresAt }),
    );
  }

  #recallOwn({ id, gateway, pool }: Of<'recallOwn'>): void {
    const { store, gateway: holder } = this.#at(gateway);
    if (this.hq.book.pool(pool) === undefined) return;
    const document = {
      grantId: `own:${id}${pool.length}`,
      holder,
      pool,
      amount: 1,
      recall: true as const,
    };
    const change = { op: 'put', collection: 'grant', id: document.grantId, document } as const;
    this.hq.carryOut({ ok: true, writes: [{ to: 'feed', store, change }] });
  }

  /** What gateways asked for, as far as there is some; else others are asked for theirs. */
  #serve(): void {
    const { hq } = this;
    for (const { store, gateway, pool, amount } of hq.book.requests()) {
      const state = hq.book.pool(pool);
      const available = state?.available() ?? 0;
      this.#issued += 1;
      const grantId = `q${this.#issued}.${hq.lives}`;
      const units = Math.min(available, amount);
      if (units > 0) {
        const holder = { store, gateway };
        hq.carryOut(decideIssue(hq.book, { grantId, pool, holder, amount: units }));
      } else if (state !== undefined) {
        const [first] = recallable(hq.book, state, `${store}/${gateway}`);
        if (first !== undefined) hq.carryOut(decideRecall(hq.book, first.grantId));
      }
    }
  }

  /** A promise counts when a gateway mirrors what it is made from. */
  #online({ id, isPromise, pool, amount, gateway }: Of<'online'>): void {
    const { hq } = this;
    const kind = isPromise ? 'promise' : 'spend';
    this.#issued += 1;
    const unique = String(this.#issued);
    const decision = decideOnline(hq.book, { id: `o${id}`, kind, pool, amount, unique });
    if (!decision.ok || decision.writes.length === 0) return;
    const feed = decision.writes.filter(({ to }) => to === 'feed');
    hq.carryOut({ ok: true, writes: feed });
    const mirror = this.#at(gateway);
    if (this.#bug !== 'promises from what no gateway mirrors') {
      this.#down(mirror, Infinity);
      if (mirror.mirrored.life !== hq.life) return;
    }
    hq.carryOut({ ok: true, writes: decision.writes.filter(({ to }) => to === 'log') });
    this.truth.spend(`o${id}`, [{ pool, amount }]);
  }

  #endOnline({ id, isCollected }: Of<'endOnline'>): void {
    const decision = decideEnd(this.hq.book, `o${id}`, isCollected ? 'collected' : 'released');
    if (!decision.ok || decision.writes.length === 0) return;
    this.hq.carryOut(decision);
    if (!isCollected) this.truth.release(`o${id}`);
  }

  #fence({ store, gateway, name }: ModelGateway): void {
    // A person fences what is dead: it says nothing any more, and spends nothing.
    if (this.hasRestored || this.gateways.filter((other) => other.name !== name).length === 0)
      return;
    this.#hasFenced = true;
    this.hq.carryOut(decideFence(this.hq.book, { store, gateway }, { by: 'p', reason: 'dead' }));
    const alive = this.gateways.filter((other) => other.name !== name);
    const dead = this.gateways.filter((other) => other.name === name);
    // What it accepted and headquarters never heard of is lost with it.
    if (dead.some((one) => !this.#isWhole(one))) this.isForked = true;
    this.gateways.splice(0, this.gateways.length, ...alive);
  }

  #supplies(): Map<string, number> {
    return new Map(this.hq.book.pools().map(({ pool, supply }) => [pool, supply ?? 0]));
  }

  #restoreHq(): void {
    if (this.#image === undefined || this.#hasFenced) return;
    const { image, supplies } = this.#image;
    this.hasRestored = true;
    this.hq.restore(
      image,
      this.gateways.map(({ name }) => name),
    );
    for (const [pool, amount] of supplies) this.truth.supplyAtLeast(pool, amount);
  }

  #up(gateway: ModelGateway, count: number): void {
    const { hq } = this;
    this.#resend(gateway);
    const { origin, entries } = gateway.log;
    const held = hq.custodyOf(origin);
    const common = commonPrefix(held, entries);
    if (common < held.length) {
      this.#leave(gateway, 'rolledBack', { start: common, until: held.length });
      return;
    }
    hq.receive(origin, entries.slice(held.length, held.length + count));
    this.#heard.set(gateway, hq.timeSeconds);
    this.#recover(gateway);
    if (hq.custodyOf(origin).length === gateway.log.entries.length) this.#report(gateway);
  }

  /** Earlier logs too, as far as they are here: what was carried over may be said twice. */
  #resend(gateway: ModelGateway): void {
    for (const { origin, entries } of gateway.past) {
      const [name = origin, start] = origin.split('*');
      const held = this.hq.custodyOf(name);
      const from = start === undefined ? 0 : Number(start);
      const until = from + entries.length;
      if (held.length >= from && held.length < until) {
        this.hq.receive(name, entries.slice(held.length - from, until - from));
      }
    }
  }

  #leave(
    gateway: ModelGateway,
    reason: string,
    { start, until }: { start: number; until: number },
  ): void {
    const { origin } = gateway.log;
    this.#lacks.set(gateway, [...(this.#lacks.get(gateway) ?? []), { origin, start, until }]);
    this.#copies += 1;
    gateway.openEpoch(`${gateway.name}/e${this.#copies + 1}`, reason, start);
    if (this.#bug === 'spends while frozen') gateway.append({ kind: 'grant', event: 'thawed', reason: 'bug' });
  }

  /** Takes back what headquarters has of logs that were left, and thaws when nothing is lacking. */
  #recover(gateway: ModelGateway): void {
    const lacks = this.#lacks.get(gateway) ?? [];
    let isWhole = true;
    for (const { origin, start, until } of lacks) {
      const held = this.hq.custodyOf(origin);
      gateway.takeBack(origin, start, held.slice(start));
      if (held.length < until) isWhole = false;
    }
    const hasTwin = this.gateways.some((other) => other !== gateway && other.name === gateway.name);
    if (isWhole && !hasTwin && gateway.isFrozen) gateway.ask({ type: 'thaw', reason: 'whole' });
  }

  /** Gives headquarters back what its lost life had said. */
  #report(gateway: ModelGateway): void {
    const { hq } = this;
    if (!hq.awaited.has(gateway.name)) return;
    const { mirrored } = gateway;
    if (mirrored.life !== hq.life && mirrored.life !== '') {
      giveBack(hq.held.chainFeed, mirrored.chain);
      giveBack(hq.feedOf(gateway.store), mirrored.store);
    }
    // Each copy of a gateway may hold what the other lacks.
    const twins = this.gateways.filter(({ name }) => name === gateway.name);
    if (twins.every((twin) => this.#isWhole(twin))) hq.awaited.delete(gateway.name);
    hq.rebuild();
  }

  #isWhole({ log }: ModelGateway): boolean {
    return this.hq.custodyOf(log.origin).length >= log.entries.length;
  }

  #down(gateway: ModelGateway, count: number): void {
    const { hq } = this;
    const { mirrored } = gateway;
    if (mirrored.life !== hq.life) {
      // The feed of the later life comes in force as a whole, once nothing is to be given back.
      if (hq.awaited.has(gateway.name)) return;
      const [chain, store] = [[...hq.held.chainFeed], [...hq.feedOf(gateway.store)]];
      gateway.mirrored = { life: hq.life, chain, store };
    } else {
      const take = <T>(have: T[], all: readonly T[]): number =>
        have.push(...all.slice(have.length, have.length + count));
      take(mirrored.chain, hq.held.chainFeed);
      take(mirrored.store, hq.feedOf(gateway.store));
    }
    gateway.keep();
  }

  #anchor(gateway: ModelGateway): void {
    const timeSeconds = this.#heard.get(gateway);
    if (timeSeconds === undefined) return;
    const last = gateway.log.entries.findLast(({ kind }) => kind === 'anchor');
    if (last?.['timeSeconds'] !== timeSeconds) gateway.append({ kind: 'anchor', timeSeconds });
  }

  #restart(gateway: ModelGateway): void {
    gateway.refold(this.#bug === 'forgets what was spent when it starts');
    gateway.keep();
  }

  /** An older image of the disk; `isSeen` where the signed head lies elsewhere and shows it. */
  #rollBack({ gateway: index, entries, isSeen }: Of<'rollBack'>): void {
    const gateway = this.#at(index);
    const size = gateway.log.entries.length;
    const kept = Math.max(0, size - entries);
    const image = gateway.image();
    image.log.entries.length = kept;
    gateway.load(image);
    if (!isSeen) {
      this.isForked = true;
      return;
    }
    // What headquarters never got is lost with the disk, and rights stay frozen then.
    const held = this.hq.custodyOf(gateway.log.origin).length;
    this.#leave(gateway, 'rolledBack', { start: Math.min(kept, held), until: size });
  }

  #clone(gateway: ModelGateway): void {
    if (this.gateways.length >= 4) return;
    this.isForked = true;
    this.#copies += 1;
    const copy = new ModelGateway(gateway.store, gateway.gateway, this.#copies);
    copy.load(gateway.image());
    const heard = this.#heard.get(gateway);
    if (heard !== undefined) this.#heard.set(copy, heard);
    this.#lacks.set(copy, [...(this.#lacks.get(gateway) ?? [])]);
    this.gateways.push(copy);
  }
}

function commonPrefix(a: readonly Header[], b: readonly Header[]): number {
  let common = 0;
  while (common < a.length && common < b.length && isSame(a[common], b[common])) common += 1;
  return common;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The rest of a feed where it is longer, and single grants where it is of another life. */
function giveBack<T>(held: T[], mirrored: readonly T[]): void {
  const isLonger = held.every((change, at) => isSame(change, mirrored[at]));
  if (isLonger) {
    held.push(...mirrored.slice(held.length));
    return;
  }
  const known = new Set(held.map((change) => JSON.stringify(change)));
  for (const change of mirrored) {
    const { collection } = change as { collection: string };
    if (collection === 'grant' && !known.has(JSON.stringify(change))) held.push(change);
  }
}
