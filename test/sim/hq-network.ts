/**
 * The way between gateways and headquarters: a broker that keeps nothing, and links that lose,
 * double, delay and reorder. Both copies of a cloned gateway stand at the same topics, so each hears
 * what is meant for the other. A connection ends with headquarters' process, because its broker is
 * embedded there.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import {
  parseHqTopic,
  formatHqTopic,
  type GatewayPlace,
} from '../../protocol/replication/hq-topics.ts';
import type {
  ConnectToHq,
  HqConnection,
  HqConnectionOptions,
} from '../../daemon/uplink/hq-connection.ts';
import type { Dice } from './dice.ts';
import type { SimProcess } from './sim-process.ts';
import { withLaterMembers } from './newer-release.ts';
import type { VirtualTime } from './virtual-time.ts';

export type Weather = { lossRate: number; duplicateRate: number; delayMs: number };

export const CALM: Weather = { lossRate: 0, duplicateRate: 0, delayMs: 0 };

const LATENCY_MS = 20;
/** How long a gateway waits for a broker that does not answer. */
const CONNECT_MS_MAX = 15_000;

type Line = {
  readonly options: HqConnectionOptions;
  readonly process: SimProcess;
  isOpen: boolean;
  isEnded: boolean;
};

export class HqNetwork {
  weather = CALM;
  /** Another release speaks: its headers have members that this one does not know. */
  speaksLater = false;
  /** Headquarters, while it runs. */
  receiver: ((topic: string, payload: Uint8Array) => void) | undefined;
  /** What passes, for those who watch. */
  onDown: (payload: Uint8Array) => void = () => undefined;
  onUp: (process: SimProcess, payload: Uint8Array) => void = () => undefined;
  messages = 0;
  readonly #time: VirtualTime;
  readonly #dice: Dice;
  readonly #lines = new Set<Line>();
  readonly #cutUntilMs = new Map<string, number>();
  /** Counted up when the broker forgets: what was on its way belongs to the time before. */
  #era = 0;

  constructor(time: VirtualTime, dice: Dice) {
    this.#time = time;
    this.#dice = dice;
  }

  /** The way of one gateway's process to headquarters. */
  connector(process: SimProcess): ConnectToHq {
    return (options) => {
      const line: Line = { options, process, isOpen: false, isEnded: false };
      this.#lines.add(line);
      this.#time.after(LATENCY_MS, () => {
        this.#open(line);
      });
      return this.#connection(line);
    };
  }

  /** No connection of that machine until then. */
  cut(machine: string, forMs: number): void {
    this.#cutUntilMs.set(machine, this.#time.nowMs + forMs);
    for (const line of this.#lines) {
      if (line.process.name === machine) this.#end(line, 'the link was lost');
    }
  }

  /** The broker went away, or restarted without a memory: all connections and messages are gone. */
  forget(): void {
    this.#era += 1;
    for (const line of [...this.#lines]) this.#end(line, 'the broker closed it');
  }

  calm(): void {
    this.weather = CALM;
    this.speaksLater = false;
    this.#cutUntilMs.clear();
  }

  /** A message that nobody of this release sends. */
  inject(origin: string, towards: 'up' | 'down', payload: Uint8Array): void {
    const topic = formatHqTopic({ ...parseOrigin(origin), direction: towards, type: 'control' });
    if (towards === 'down') this.sendDown(topic, payload);
    else this.receiver?.(topic, payload);
  }

  /** From headquarters to whoever listens at the topic. */
  sendDown(topic: string, payload: Uint8Array): void {
    this.onDown(payload);
    const place = parseHqTopic(topic);
    if (place === undefined) return;
    for (const line of this.#lines) {
      if (!line.isOpen || !isSamePlace(place, line.options.place)) continue;
      this.#carry(payload, (bytes) => {
        if (line.isOpen) line.process.run(() => line.options.onMessage(bytes));
      });
    }
  }

  #open(line: Line): void {
    if (line.isEnded) return;
    const isCut = (this.#cutUntilMs.get(line.process.name) ?? 0) > this.#time.nowMs;
    if (this.receiver === undefined || isCut) {
      const waitMs = isCut ? CONNECT_MS_MAX : 0;
      this.#time.after(waitMs, () => {
        this.#end(line, 'nobody answers');
      });
      return;
    }
    line.isOpen = true;
    line.process.run(line.options.onOpen);
  }

  #end(line: Line, reason: string): void {
    if (line.isEnded) return;
    line.isEnded = true;
    line.isOpen = false;
    this.#lines.delete(line);
    line.process.run(() => {
      line.options.onEnd(reason);
    });
  }

  #connection(line: Line): HqConnection {
    const { place } = line.options;
    return {
      send: (type, payload) => {
        if (!line.isOpen || !line.process.isAlive) return;
        this.onUp(line.process, payload);
        const topic = formatHqTopic({ ...place, direction: 'up', type });
        this.#carry(payload, (bytes) => this.receiver?.(topic, bytes));
      },
      close: () => {
        line.isEnded = true;
        line.isOpen = false;
        this.#lines.delete(line);
      },
    };
  }

  #carry(payload: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    const { lossRate, duplicateRate, delayMs } = this.weather;
    this.messages += 1;
    const dice = this.#dice;
    if (lossRate > 0 && dice.chance(lossRate)) return;
    const copies = duplicateRate > 0 && dice.chance(duplicateRate) ? 2 : 1;
    const bytes = Uint8Array.from(this.speaksLater ? withLaterMembers(payload) : payload);
    const era = this.#era;
    for (let copy = 0; copy < copies; copy += 1) {
      const extraMs = delayMs > 0 ? dice.below(delayMs) : 0;
      this.#time.after(LATENCY_MS + extraMs, () => {
        if (era === this.#era) deliver(bytes);
      });
    }
  }
}

function isSamePlace(a: GatewayPlace, b: GatewayPlace): boolean {
  return a.chain === b.chain && a.store === b.store && a.gateway === b.gateway;
}
