/**
 * What waits to leave on one connection. The broker is never told to wait: it writes, we keep, and
 * a client that does not read is cut off above 1 MiB waiting, after 10 s in which nothing moved, or
 * when all of them together hold too much and it holds more than its share.
 * That is what keeps one frozen subscriber from freezing everybody else.
 *
 * Everything written in one turn of the event loop leaves as one write: acknowledgements and small
 * results by the dozen share a system call. One write at a time is under way, of at most 64 KiB, so
 * that its completion is a measure of progress.
 */
import type { ByteBudget } from './byte-budget.ts';
import type { Wire } from './wire.ts';

export interface EgressLimits {
  waitingBytesMax: number;
  stallMsMax: number;
}

export const DEFAULT_EGRESS_LIMITS: EgressLimits = {
  waitingBytesMax: 1024 * 1024,
  stallMsMax: 10_000,
};

export type EgressFailure = 'egress-overflow' | 'egress-stalled' | 'egress-memory' | 'wire-error';

const WRITE_BYTES_MAX = 64 * 1024;
/** Above it pieces are joined: each costs an object, which the limits in bytes do not see. */
const PIECES_MAX = 256;
/** Below this a connection is never the one that pays for what all of them hold. */
const BUDGET_SHARE_BYTES = 64 * 1024;

export class EgressBuffer {
  readonly #wire: Wire;
  readonly #limits: EgressLimits;
  readonly #budget: ByteBudget;
  readonly #schedule: (flush: () => void) => void;
  readonly #onFailure: (failure: EgressFailure) => void;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  #underWayBytes = 0;
  #budgetedBytes = 0;
  #isScheduled = false;
  #isClosed = false;
  #whenEmpty: (() => void) | undefined;
  /** Moves with each completed write; the sweep compares it. */
  #progress = 0;
  #sweptProgress = -1;
  #stalledSinceMs = 0;

  /** `schedule` runs the flush once, after the current turn's work. */
  constructor(options: {
    wire: Wire;
    limits: EgressLimits;
    /** Shared by all connections. */
    budget: ByteBudget;
    schedule: (flush: () => void) => void;
    onFailure: (failure: EgressFailure) => void;
  }) {
    this.#wire = options.wire;
    this.#limits = options.limits;
    this.#budget = options.budget;
    this.#schedule = options.schedule;
    this.#onFailure = options.onFailure;
  }

  get waitingBytes(): number {
    return this.#pendingBytes + this.#underWayBytes;
  }

  /** Takes bytes, which the caller must not change afterwards. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#pieces.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pieces.length > PIECES_MAX) this.#join();
    this.#account();
    const excess = this.#excess();
    if (excess !== undefined) {
      this.close();
      this.#onFailure(excess);
      return;
    }
    if (this.#isScheduled || this.#underWayBytes > 0) return;
    this.#isScheduled = true;
    this.#schedule(this.#flushScheduled);
  }

  /** Calls back once nothing waits, which may be at once; never after `close`. */
  whenEmpty(callback: () => void): void {
    if (this.#isClosed) return;
    this.#whenEmpty = callback;
    this.#flush();
  }

  /** Called a few times a second; reports a wire that takes nothing. */
  sweep(nowMs: number): void {
    if (this.#isClosed) return;
    if (this.#underWayBytes === 0 || this.#progress !== this.#sweptProgress) {
      this.#sweptProgress = this.#progress;
      this.#stalledSinceMs = nowMs;
      return;
    }
    if (nowMs - this.#stalledSinceMs < this.#limits.stallMsMax) return;
    this.close();
    this.#onFailure('egress-stalled');
  }

  /** Forgets all that waits. */
  close(): void {
    this.#isClosed = true;
    this.#pieces = [];
    this.#pendingBytes = 0;
    this.#whenEmpty = undefined;
    this.#budget.move(this.#budgetedBytes, 0);
    this.#budgetedBytes = 0;
  }

  #join(): void {
    this.#pieces = [Buffer.concat(this.#pieces, this.#pendingBytes)];
  }

  #account(): void {
    this.#budget.move(this.#budgetedBytes, this.waitingBytes);
    this.#budgetedBytes = this.waitingBytes;
  }

  #excess(): EgressFailure | undefined {
    if (this.waitingBytes > this.#limits.waitingBytesMax) return 'egress-overflow';
    const isOverShare = this.waitingBytes > BUDGET_SHARE_BYTES;
    return isOverShare && this.#budget.isExceeded ? 'egress-memory' : undefined;
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#isClosed || this.#underWayBytes > 0) return;
    if (this.#pendingBytes === 0) {
      const done = this.#whenEmpty;
      this.#whenEmpty = undefined;
      done?.();
      return;
    }
    const bytes = this.#takeSlice();
    this.#underWayBytes = bytes.length;
    this.#wire.write(bytes, this.#written);
  }

  #takeSlice(): Uint8Array {
    const pieces = this.#pieces;
    if (this.#pendingBytes <= WRITE_BYTES_MAX) {
      const bytes = this.#pendingBytes;
      this.#pieces = [];
      this.#pendingBytes = 0;
      const first = pieces[0];
      return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces, bytes);
    }
    const all = Buffer.concat(pieces, this.#pendingBytes);
    this.#pieces = [all.subarray(WRITE_BYTES_MAX)];
    this.#pendingBytes -= WRITE_BYTES_MAX;
    return all.subarray(0, WRITE_BYTES_MAX);
  }

  readonly #written = (error?: Error | null): void => {
    this.#underWayBytes = 0;
    this.#progress += 1;
    if (this.#isClosed) return;
    this.#account();
    if (error !== undefined && error !== null) {
      this.close();
      this.#onFailure('wire-error');
      return;
    }
    this.#flush();
  };
}
