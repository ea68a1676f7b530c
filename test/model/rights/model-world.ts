/**
 * Several stores, an online shop and headquarters, and what passes between them: any part of it, in
 * any order, some of it again. What people and disasters do is in the three files of actions.
 */
import { must } from '../../../protocol/must.ts';
import type { Header } from './model-entry.ts';
import { ModelGateway } from './model-gateway.ts';
import { ModelHeadquarters } from './model-headquarters.ts';
import type { HqBug, HqImage } from './model-headquarters.ts';
import { ModelTruth } from './model-truth.ts';

/** An epoch left, its tail back, thawed, and what follows from it: some of each. */
const HEALING_ROUNDS = 6;

/** An earlier log that has to come back before rights may be spent again. */
type Lack = { origin: string; start: number; until: number };

/** Mistakes that the model has to find, or it proves nothing. */
export const MODEL_BUGS = [
  'issues before all have reported',
  'spends while frozen',
  'forgets what was spent when it starts',
  'promises from what no gateway mirrors',
  'says a conflict again',
  'rests grants too early',
  'forgets the names of grants at rest',
] as const;
export type ModelBug = (typeof MODEL_BUGS)[number];

const HQ_BUGS: Partial<Record<ModelBug, HqBug>> = {
  'says a conflict again': 'says again',
  'rests grants too early': 'rests too early',
  'forgets the names of grants at rest': 'forgets the names of grants at rest',
};

export class ModelWorld {
  readonly hq: ModelHeadquarters;
  readonly truth = new ModelTruth();
  readonly gateways: ModelGateway[] = [
    new ModelGateway('s1', 'g1'),
    new ModelGateway('s1', 'g2'),
    new ModelGateway('s2', 'g1'),
  ];
  readonly bug: ModelBug | undefined;
  /** Copies of one log spent apart, or what a lost disk or a dead gateway said is nowhere. */
  isForked = false;
  hasRestored = false;
  hasFenced = false;
  /** What headquarters will be restored from. */
  image: { image: HqImage; supplies: Map<string, number> } | undefined;
  #names = 0;
  readonly #lacks = new Map<ModelGateway, Lack[]>();
  readonly #heard = new Map<ModelGateway, number>();

  constructor(bug?: ModelBug) {
    this.bug = bug;
    this.hq = new ModelHeadquarters(bug && HQ_BUGS[bug]);
  }

  /** A number that was never used. */
  fresh(): number {
    this.#names += 1;
    return this.#names;
  }

  at(index: number): ModelGateway {
    return must(this.gateways[index % this.gateways.length], 'there is a gateway');
  }

  /** Everything reaches everybody; nothing new happens. */
  heal(): void {
    for (let round = 0; round < HEALING_ROUNDS; round++) {
      for (const gateway of this.gateways) {
        this.up(gateway, Infinity);
        this.anchor(gateway);
        this.up(gateway, Infinity);
        this.down(gateway, Infinity);
      }
    }
  }

  /** A second copy of a gateway that knows what the first does. */
  addCopy(gateway: ModelGateway): void {
    const copy = new ModelGateway(gateway.store, gateway.gateway, this.fresh());
    copy.load(gateway.image());
    const heard = this.#heard.get(gateway);
    if (heard !== undefined) this.#heard.set(copy, heard);
    this.#lacks.set(copy, [...(this.#lacks.get(gateway) ?? [])]);
    this.gateways.push(copy);
  }

  up(gateway: ModelGateway, count: number): void {
    const { hq } = this;
    this.#resend(gateway);
    const { origin, entries } = gateway.log;
    const held = hq.custodyOf(origin);
    const common = commonPrefix(held, entries);
    if (common < held.length) {
      this.leave(gateway, 'rolledBack', { start: common, until: held.length });
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

  leave(
    gateway: ModelGateway,
    reason: string,
    { start, until }: { start: number; until: number },
  ): void {
    const { origin } = gateway.log;
    this.#lacks.set(gateway, [...(this.#lacks.get(gateway) ?? []), { origin, start, until }]);
    gateway.openEpoch(`${gateway.name}/e${this.fresh() + 1}`, reason, start);
    if (this.bug === 'spends while frozen')
      gateway.append({ kind: 'grant', event: 'thawed', reason: 'bug' });
  }

  /** Takes back what headquarters has of logs that were left, and thaws. */
  #recover(gateway: ModelGateway): void {
    const lacks = this.#lacks.get(gateway) ?? [];
    for (const { origin, start, until } of lacks) {
      const held = this.hq.custodyOf(origin);
      gateway.takeBack(origin, start, held.slice(start));
      // What headquarters does not hold is lost with the disk: nobody knows what it spent.
      if (held.length < until) this.isForked = true;
    }
    const hasTwin = this.gateways.some((other) => other !== gateway && other.name === gateway.name);
    if (!hasTwin && gateway.isFrozen) gateway.ask({ type: 'thaw', reason: 'whole' });
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
    if (twins.every((twin) => this.isWhole(twin))) hq.awaited.delete(gateway.name);
    hq.rebuild();
  }

  isWhole({ log }: ModelGateway): boolean {
    return this.hq.custodyOf(log.origin).length >= log.entries.length;
  }

  down(gateway: ModelGateway, count: number): void {
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

  anchor(gateway: ModelGateway): void {
    const timeSeconds = this.#heard.get(gateway);
    if (timeSeconds === undefined) return;
    const last = gateway.log.entries.findLast(({ kind }) => kind === 'anchor');
    if (last?.['timeSeconds'] !== timeSeconds) gateway.append({ kind: 'anchor', timeSeconds });
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
