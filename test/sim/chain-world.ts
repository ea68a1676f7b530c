/**
 * One run: a chain of stores with headquarters, a script, and the judgement of what came of it. The
 * script's steps happen at their times; then everything is made whole, and the world has a bounded
 * time to come to rest.
 */
import { must } from '../../protocol/must.ts';
import { storeIdentity } from './chain.ts';
import { Coverage } from './coverage.ts';
import type { DeliberateBug } from './deliberate-bugs.ts';
import { Dice } from './dice.ts';
import { GatewayMachine, HQ_HEAD, SIGNED_HEAD, type GatewayCopy } from './gateway-machine.ts';
import { HeadquartersMachine, type HqCopy } from './headquarters-machine.ts';
import { HqNetwork } from './hq-network.ts';
import type { Machine, World } from './machine.ts';
import { laterControl } from './newer-release.ts';
import { Oracle } from './oracle.ts';
import type { SaleContent } from './sale.ts';
import { describeStep, type GatewayName, type Step } from './script.ts';
import { Till } from './till.ts';
import { Trace } from './trace.ts';
import { VirtualTime } from './virtual-time.ts';

export type ChainOptions = {
  seed: string;
  stores: number;
  tillsPerStore: number;
  script: readonly Step[];
  lengthMs: number;
  bug?: DeliberateBug | undefined;
};

/**
 * Until when everything must be at rest: the longest back-offs, a heartbeat and a device's claim
 * that has to wait an hour, one after the other.
 */
const REST_MS_MAX = 3 * 3_600_000;
/** By then every log that a gateway offers has asked a restored headquarters: two heartbeats. */
const HEARTBEATS_MS = 130_000;
/** How often the world is asked whether it is at rest. */
const LOOK_MS = 500;

export class ChainWorld {
  readonly time = new VirtualTime();
  readonly oracle = new Oracle();
  readonly coverage = new Coverage();
  readonly trace = new Trace(this.time);
  readonly #options: ChainOptions;
  readonly #network: HqNetwork;
  readonly #hq: HeadquartersMachine;
  readonly #gateways: GatewayMachine[] = [];
  readonly #tills: Till[] = [];
  readonly #tillCopy: number[] = [];
  readonly #hqCopies: HqCopy[] = [];
  #noRestBeforeMs = 0;
  readonly #gatewayCopies = new Map<string, GatewayCopy>();
  readonly #world: World;

  constructor(options: ChainOptions) {
    this.#options = options;
    const dice = new Dice(options.seed);
    this.#network = new HqNetwork(this.time, dice.fork('network'));
    const { time, oracle, trace, coverage } = this;
    this.#world = {
      ...{ time, oracle, trace, coverage, dice, network: this.#network, bug: options.bug },
    };
    this.#hq = new HeadquartersMachine(this.#world);
    this.#hq.onDamaged = () => {
      this.#restoreHq();
    };
    for (let store = 0; store < options.stores; store += 1) this.#openStore(store);
  }

  /** Messages between stores and headquarters. */
  get messages(): number {
    return this.#network.messages;
  }

  get #machines(): Machine[] {
    return [this.#hq, ...this.#gateways];
  }

  /** Runs the script and judges; what was violated is with the oracle. */
  async run(): Promise<void> {
    for (const machine of this.#machines) machine.boot();
    for (const step of this.#options.script) {
      this.time.after(step.atMs, () => {
        this.trace.add(describeStep(step));
        this.#take(step, new Dice(`${this.#options.seed}/step ${step.n}`));
      });
    }
    const isViolated = (): boolean => this.oracle.violations.length > 0;
    await this.time.run(this.#options.lengthMs, isViolated);
    if (isViolated()) return;
    await this.#makeWhole();
    const endMs = this.time.nowMs + REST_MS_MAX;
    let isAtRest = false;
    while (!isAtRest && !isViolated() && this.time.nowMs < endMs) {
      await this.time.run(this.time.nowMs + LOOK_MS, isViolated);
      isAtRest = await this.#isAtRest();
    }
    if (isViolated()) return;
    if (isAtRest) await this.#judge();
    else this.#blame();
  }

  #openStore(store: number): void {
    storeIdentity(store);
    this.#gateways.push(new GatewayMachine(store, 0, this.#world));
    const sold: SaleContent[] = [];
    for (let place = 0; place < this.#options.tillsPerStore; place += 1) {
      const till = this.#tills.length;
      this.#tillCopy.push(0);
      this.#tills.push(
        new Till({
          ...{ deviceId: `till-${till}`, store, time: this.time, oracle: this.oracle, sold },
          gateway: () => this.#gateway({ store, copy: this.#tillCopy[till] ?? 0 }),
        }),
      );
    }
  }

  /** The copy if there is one, and the first otherwise. */
  #gateway({ store, copy }: GatewayName): GatewayMachine {
    const ofStore = this.#gateways.filter((gateway) => gateway.store === store);
    const found = ofStore.find((gateway) => gateway.copy === copy) ?? ofStore[0];
    return must(found, 'each store has a gateway');
  }

  #machine(at: GatewayName | 'hq'): Machine {
    return at === 'hq' ? this.#hq : this.#gateway(at);
  }

  #take(step: Step, dice: Dice): void {
    if (step.type !== 'sell') this.coverage.saw(step.type);
    switch (step.type) {
      case 'sell':
        this.#tills[step.till]?.sell(step.variant, dice);
        return;
      case 'moveTill':
        this.#tillCopy[step.till] = step.copy;
        return;
      case 'crashGateway':
        this.#gateway(step.at).crash(step);
        return;
      case 'crashHq':
        this.#hq.crash(step);
        return;
      case 'diskFull':
        this.#fillDisk(this.#machine(step.at), step.forMs);
        return;
      case 'ioError':
        this.#machine(step.at).failIo(step.boundaries);
        return;
      case 'clockJump':
        this.#machine(step.at).jumpClock(step.byMs);
        return;
      case 'newerEntry':
        this.#gateway(step.at).appendLater(step.isLaterVersion);
        return;
      default:
        if (!this.#takeOnTheWay(step)) this.#takeOnDisk(step);
    }
  }

  /** True when the step was one of the network's. */
  #takeOnTheWay(step: Step): boolean {
    const network = this.#network;
    switch (step.type) {
      case 'cutLink':
        network.cut(this.#gateway(step.at).name, step.forMs);
        return true;
      case 'weather': {
        const { lossRate, duplicateRate, delayMs } = step;
        const weather = { lossRate, duplicateRate, delayMs };
        network.weather = weather;
        this.time.after(step.forMs, () => {
          if (network.weather === weather) network.calm();
        });
        return true;
      }
      case 'brokerForgets':
        network.forget();
        return true;
      case 'newerHeaders':
        network.speaksLater = true;
        this.time.after(step.forMs, () => {
          network.speaksLater = false;
        });
        return true;
      case 'newerControl': {
        const { origin } = this.#gateway(step.at).identity;
        network.inject(origin, step.towards, laterControl(origin, step.n));
        return true;
      }
      default:
        return false;
    }
  }

  #takeOnDisk(step: Step): void {
    switch (step.type) {
      case 'rotGatewayFile':
        rotFile(this.#gateway(step.at), step.file === 'hq-head' ? HQ_HEAD : SIGNED_HEAD);
        return;
      case 'rotHq':
        this.#hq.rot();
        return;
      case 'copyHq':
        this.#hqCopies.push(this.#hq.copyDisk());
        return;
      case 'restoreHq':
        this.#hq.stop();
        this.#restoreHq();
        this.#hq.boot();
        return;
      case 'copyGateway': {
        const gateway = this.#gateway(step.at);
        this.#gatewayCopies.set(gateway.name, gateway.copyDisk());
        return;
      }
      case 'rollBackGateway':
        this.#rollBack(this.#gateway(step.at), step);
        return;
      case 'cloneGateway':
        this.#clone(step);
        return;
      default:
    }
  }

  #fillDisk(machine: Machine, forMs: number): void {
    machine.isDiskFull = true;
    this.time.after(forMs, () => {
      machine.isDiskFull = false;
    });
  }

  /** From the newest copy there is, or with nothing but its keys. */
  #restoreHq(): void {
    this.coverage.saw(this.#hqCopies.length > 0 ? 'HQ from a copy' : 'HQ with its keys alone');
    // Whoever restores has verified the copy.
    this.#hq.takeBack(this.#hqCopies.findLast(({ isRotten }) => !isRotten));
    this.#noRestBeforeMs = this.time.nowMs + HEARTBEATS_MS;
    this.#diskWasReplaced();
  }

  /** To its newest copy, or to what it was when it was new. */
  #rollBack(
    gateway: GatewayMachine,
    { what, offlineMs }: { what: 'ledger' | 'disk'; offlineMs: number },
  ): void {
    const copy = this.#gatewayCopies.get(gateway.name) ?? gateway.asNew;
    this.coverage.saw(`gateway rolled back: ${what}`);
    this.oracle.copiedStores.add(gateway.store);
    gateway.stop();
    gateway.takeBack(copy, what);
    if (offlineMs > 0) this.#network.cut(gateway.name, offlineMs);
    this.#diskWasReplaced();
    gateway.boot();
  }

  #clone({ store, offlineMs }: { store: number; offlineMs: number }): void {
    if (this.#gateways.some((known) => known.store === store && known.copy === 1)) return;
    const first = this.#gateway({ store, copy: 0 });
    this.coverage.saw('two copies alive');
    this.oracle.copiedStores.add(store);
    const second = new GatewayMachine(store, 1, this.#world);
    second.takeClone(first);
    if (offlineMs > 0) this.#network.cut(second.name, offlineMs);
    this.#gateways.push(second);
    second.boot();
  }

  /** Decides at once, before anything else happens, what no disk holds any more. */
  #diskWasReplaced(): void {
    const gateways = this.#gateways.flatMap((gateway) => gateway.heldSales());
    this.#hq.heldSales().then(
      (held) => {
        const forgiven = this.oracle.disksHold([...gateways, ...held]);
        if (forgiven > 0) this.coverage.saw('sale on no disk any more');
      },
      (error: unknown) => {
        this.oracle.violated('runs', `headquarters' disk could not be read: ${String(error)}`);
      },
    );
  }

  async #makeWhole(): Promise<void> {
    this.trace.add('faults end');
    this.#network.calm();
    for (const machine of this.#machines) {
      machine.calm();
      machine.boot();
    }
    if (await this.#hq.isSound()) return;
    this.coverage.saw('rot found by verification');
    this.#hq.stop();
    this.#restoreHq();
    this.#hq.boot();
  }

  async #isAtRest(): Promise<boolean> {
    if (this.time.nowMs < this.#noRestBeforeMs) return false;
    if (!this.#tills.every((till) => till.isDone)) return false;
    if (!this.#gateways.every((gateway) => gateway.isIdle)) return false;
    if (this.#hq.custody === undefined) return false;
    const heads = await this.#hq.heads();
    const entries = heads.reduce((sum, { size }) => sum + size, 0);
    if (this.#hq.totals.entries !== entries) return false;
    return this.#gateways.every((gateway) => gateway.isAt(heads));
  }

  #blame(): void {
    const busy = this.#tills.filter((till) => !till.isDone).length;
    const words = [
      `${busy} tills without an answer`,
      ...this.#gateways.map(({ status }) => status),
    ];
    const { entries } = this.#hq.totals;
    words.push(`headquarters ${this.#hq.isUp ? 'up' : 'down'}, ${entries} entries projected`);
    this.oracle.violated('converges', words.join('; '));
  }

  async #judge(): Promise<void> {
    const held = await this.#hq.heldSales();
    const counted = new Map<string, string>();
    for (const [key, { origin, index }] of this.#hq.totals.counted) {
      const [, storeName = '', transactionId = ''] = key.split('/');
      const content = await this.#hq.contentAt(origin, index);
      counted.set(`${storeName}/${transactionId}`, content ?? '');
    }
    this.oracle.settle(held, counted, this.#hq.totals.sums());
  }
}

function rotFile(gateway: GatewayMachine, path: string): void {
  const size = gateway.disk.statSync(path)?.size ?? 0;
  if (size > 0) gateway.disk.flipBit(path, gateway.dice.below(size), gateway.dice.below(8));
}
