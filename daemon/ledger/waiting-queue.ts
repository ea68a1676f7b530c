/**
 * Where commands wait for the ledger's thread: bounded in items and bytes, in order, at most so much
 * handed over and unanswered at a time. What has waited too long is given back unrecorded, which the
 * device is told (`LEDGER_BUSY`); what was handed over is always awaited, because it may be booked.
 */
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';

export interface WaitingQueueOptions<Item> {
  readonly clock: Clock;
  readonly itemsMax: number;
  readonly bytesMax: number;
  /** Handed over and not yet answered; the rest waits here. */
  readonly windowItems: number;
  readonly windowBytes: number;
  readonly waitMsMax: number;
  /** Takes what the window allows, in order, once a turn of the event loop. */
  readonly handOver: (batch: Item[]) => void;
  /** The item waited too long, or there was no room for it. */
  readonly giveBack: (item: Item, error: TillgateError) => void;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly bytes: number;
  readonly sinceMs: number;
}

export class WaitingQueue<Item> {
  readonly #options: WaitingQueueOptions<Item>;
  #waiting: Waiting<Item>[] = [];
  #waitingBytes = 0;
  #inFlightItems = 0;
  #inFlightBytes = 0;
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WaitingQueueOptions<Item>) {
    this.#options = options;
  }

  get waitingItems(): number {
    return this.#waiting.length;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get inFlightItems(): number {
    return this.#inFlightItems;
  }

  push(item: Item, bytes: number): void {
    const { itemsMax, bytesMax, clock } = this.#options;
    if (this.#waiting.length >= itemsMax || this.#waitingBytes + bytes > bytesMax) {
      this.#options.giveBack(item, busy('the queue in front of the ledger is full'));
      return;
    }
    this.#waiting.push({ item, bytes, sinceMs: clock.monotonicMs() });
    this.#waitingBytes += bytes;
    this.#turn ??= setImmediate(() => this.#handOver());
  }

  /** One item that was handed over has been answered. */
  settled(bytes: number): void {
    this.#inFlightItems -= 1;
    this.#inFlightBytes -= bytes;
    if (this.#waiting.length > 0) this.#turn ??= setImmediate(() => this.#handOver());
  }

  /** Hands over what the window allows without waiting for the turn. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#handOver();
  }

  /** Gives back everything that waits. */
  fail(error: TillgateError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { item } of waiting) this.#options.giveBack(item, error);
    clearImmediate(this.#turn);
    clearTimeout(this.#timer);
    this.#turn = undefined;
    this.#timer = undefined;
  }

  #handOver(): void {
    this.#turn = undefined;
    this.#giveBackExpired();
    const { windowItems, windowBytes } = this.#options;
    const batch: Item[] = [];
    let taken = 0;
    for (const { item, bytes } of this.#waiting) {
      // One item always fits, however large, or it would wait for ever.
      const fits =
        this.#inFlightItems === 0 ||
        (this.#inFlightItems < windowItems && this.#inFlightBytes + bytes <= windowBytes);
      if (!fits) break;
      taken += 1;
      this.#inFlightItems += 1;
      this.#inFlightBytes += bytes;
      this.#waitingBytes -= bytes;
      batch.push(item);
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken);
    this.#armTimer();
    if (batch.length > 0) this.#options.handOver(batch);
  }

  #giveBackExpired(): void {
    const { clock, waitMsMax, giveBack } = this.#options;
    const limit = clock.monotonicMs() - waitMsMax;
    const kept = this.#waiting.findIndex(({ sinceMs }) => sinceMs > limit);
    const expired = this.#waiting.splice(0, kept < 0 ? this.#waiting.length : kept);
    for (const { item, bytes } of expired) {
      this.#waitingBytes -= bytes;
      giveBack(item, busy(`it waited ${waitMsMax} ms for the disk`));
    }
  }

  /** The oldest item decides when to look again, should nothing else happen until then. */
  #armTimer(): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#waiting;
    this.#timer = undefined;
    if (oldest === undefined) return;
    const { clock, waitMsMax } = this.#options;
    const delayMs = Math.max(1, oldest.sinceMs + waitMsMax - clock.monotonicMs());
    this.#timer = setTimeout(() => this.#handOver(), delayMs);
  }
}

function busy(why: string): TillgateError {
  return new TillgateError('LEDGER_BUSY', `Not recorded: ${why}.`, { retryable: true });
}
