/**
 * The queue between the broker and the ledger. It guarantees:
 *
 * - what is handed over is in the order it came, in batches of one turn of the event loop;
 * - memory is bounded: above the queue's limits sources are asked to wait, which stops the reading
 *   of their sockets, and are called again in the order they began to wait;
 * - nothing waits without an answer: an item that was not handed over within 2 s is `unavailable`.
 *   What was handed over is always awaited, because it may be committed already.
 *
 * Leaves out: the order of answers and who hears them (DeviceSession, ResultSubscribers).
 */
import type { Clock } from '../../protocol/clock.ts';
import { assert } from '../../protocol/must.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Answer } from '../ledger/commands.ts';
import { UNAVAILABLE_CODES } from './submission-item.ts';
import type { SubmissionItem, SubmissionOutcome, SubmissionSource } from './submission-item.ts';

/** What stands behind the intake: judge workers and the ledger, or a stand-in for tests. */
export interface LedgerRoute {
  /** Hands over one turn's items, in order; each item's promise ends with its answer. */
  handOver(items: readonly SubmissionItem[]): Promise<Answer>[];
}

export interface IntakeLimits {
  /** Items that wait for their hand-over; above it sources are asked to wait. */
  queueItemsMax: number;
  queueBytesMax: number;
  /** Items handed over and not answered: as many as one group commit should hold. */
  windowItemsMax: number;
  windowBytesMax: number;
  waitMsMax: number;
}

export const DEFAULT_INTAKE_LIMITS: IntakeLimits = {
  queueItemsMax: 4096,
  queueBytesMax: 32 * 1024 * 1024,
  windowItemsMax: 2048,
  windowBytesMax: 16 * 1024 * 1024,
  waitMsMax: 2_000,
};

/** How often waiting items are looked at; late by this much at most. */
const WAIT_CHECK_MS = 100;

export interface IntakeStatus {
  waitingItems: number;
  waitingBytes: number;
  inFlightItems: number;
  inFlightBytes: number;
}

export interface IntakeOptions {
  route: LedgerRoute;
  clock: Clock;
  /** Only what differs from `DEFAULT_INTAKE_LIMITS`. */
  limits?: Partial<IntakeLimits>;
  /** Hears of every outcome before its source does; for metrics and alarms. */
  observe?: (item: SubmissionItem, outcome: SubmissionOutcome) => void;
}

export class Intake {
  readonly #route: LedgerRoute;
  readonly #clock: Clock;
  readonly #limits: IntakeLimits;
  readonly #observe: (item: SubmissionItem, outcome: SubmissionOutcome) => void;
  /** A queue: items before `#head` are gone. */
  #queue: SubmissionItem[] = [];
  #head = 0;
  #waitingBytes = 0;
  #inFlightItems = 0;
  #inFlightBytes = 0;
  readonly #askedToWait = new Set<SubmissionSource>();
  #isFlushScheduled = false;
  #waitTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.#route = options.route;
    this.#observe = options.observe ?? (() => undefined);
    this.#clock = options.clock;
    this.#limits = { ...DEFAULT_INTAKE_LIMITS, ...options.limits };
  }

  get status(): IntakeStatus {
    return {
      waitingItems: this.#queue.length - this.#head,
      waitingBytes: this.#waitingBytes,
      inFlightItems: this.#inFlightItems,
      inFlightBytes: this.#inFlightBytes,
    };
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Takes an item; false asks its source to send no more until `resume` is called. */
  offer(item: SubmissionItem): boolean {
    this.#queue.push(item);
    this.#waitingBytes += item.payload.length;
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      setImmediate(this.#flush);
    }
    if (!this.#isFull()) return true;
    this.#askedToWait.add(item.source);
    return false;
  }

  /** Resolves when nothing waits and nothing is in flight; new items are refused from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#queue.length > this.#head || this.#inFlightItems > 0) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
    clearTimeout(this.#waitTimer);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #isFull(): boolean {
    const { queueItemsMax, queueBytesMax } = this.#limits;
    return this.#queue.length - this.#head >= queueItemsMax || this.#waitingBytes >= queueBytesMax;
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    const batch = this.#takeBatch();
    if (batch.length > 0) this.#handOver(batch);
    this.#callWaiting();
    if (this.#queue.length === this.#head) return;
    this.#compactWaiting();
    this.#waitTimer ??= setTimeout(this.#checkWaiting, WAIT_CHECK_MS);
  };

  #takeBatch(): SubmissionItem[] {
    const { windowItemsMax, windowBytesMax } = this.#limits;
    const batch: SubmissionItem[] = [];
    while (this.#head < this.#queue.length && this.#inFlightItems < windowItemsMax) {
      if (this.#inFlightBytes >= windowBytesMax) break;
      const item = this.#queue[this.#head];
      assert(item !== undefined, 'the queue has no holes');
      this.#head += 1;
      this.#waitingBytes -= item.payload.length;
      if (item.outcome !== undefined) continue;
      this.#inFlightItems += 1;
      this.#inFlightBytes += item.payload.length;
      batch.push(item);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > this.#limits.queueItemsMax) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  #handOver(batch: readonly SubmissionItem[]): void {
    const answers = this.#route.handOver(batch);
    for (const [place, item] of batch.entries()) {
      answers[place]?.then(
        (answer) => this.#finish(item, { kind: 'answered', answer }),
        (error: unknown) => this.#finish(item, outcomeOf(error)),
      );
    }
  }

  #finish(item: SubmissionItem, outcome: SubmissionOutcome): void {
    this.#inFlightItems -= 1;
    this.#inFlightBytes -= item.payload.length;
    this.#settle(item, outcome);
    if (this.#head < this.#queue.length) {
      if (!this.#isFlushScheduled) {
        this.#isFlushScheduled = true;
        setImmediate(this.#flush);
      }
    } else if (this.#inFlightItems === 0) {
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
    this.#callWaiting();
  }

  #settle(item: SubmissionItem, outcome: SubmissionOutcome): void {
    item.outcome = outcome;
    this.#observe(item, outcome);
    item.source.settled();
  }

  #callWaiting(): void {
    for (const source of this.#askedToWait) {
      if (this.#isFull()) return;
      this.#askedToWait.delete(source);
      source.resume();
    }
  }

  /** A waiting payload is often a small view of a large chunk; it must not keep the chunk. */
  #compactWaiting(): void {
    for (let at = this.#queue.length - 1; at >= this.#head; at -= 1) {
      const item = this.#queue[at];
      if (item === undefined) return;
      if (item.payload.buffer.byteLength === item.payload.length) return;
      const own = Buffer.allocUnsafeSlow(item.payload.length);
      own.set(item.payload);
      item.payload = own;
    }
  }

  readonly #checkWaiting = (): void => {
    this.#waitTimer = undefined;
    const oldestMs = this.nowMs() - this.#limits.waitMsMax;
    for (let at = this.#head; at < this.#queue.length; at += 1) {
      const item = this.#queue[at];
      if (item === undefined || item.takenAtMs > oldestMs) break;
      if (item.outcome === undefined) {
        this.#settle(item, { kind: 'unavailable', code: 'LEDGER_BUSY' });
      }
    }
    this.#dropSettledHead();
    this.#callWaiting();
    if (this.#queue.length > this.#head) {
      this.#waitTimer = setTimeout(this.#checkWaiting, WAIT_CHECK_MS);
    }
  };

  #dropSettledHead(): void {
    while (this.#head < this.#queue.length) {
      const item = this.#queue[this.#head];
      if (item?.outcome === undefined) return;
      this.#head += 1;
      this.#waitingBytes -= item.payload.length;
    }
  }
}

/** What the ledger could not take is `unavailable`; after any other failure nothing is known. */
function outcomeOf(error: unknown): SubmissionOutcome {
  const code = UNAVAILABLE_CODES.find((known) => isTillgateError(error, known));
  return code === undefined ? { kind: 'abandoned' } : { kind: 'unavailable', code };
}
