/**
 * Keeps a drain from hurting anybody: caps bytes and entries per second, and while sales are being
 * committed paces the backlog and leaves at least half of one processor alone, because the tills'
 * answers come first. Pure: it only says when the next batch may leave.
 */
export type DrainLimits = {
  /** 0 is unlimited. */
  maxBytesPerSecond: number;
  /** 0 is unlimited. */
  maxEntriesPerSecond: number;
};

export type DrainSpent = {
  bytes: number;
  entries: number;
  /** Time spent reading, packing and signing. */
  workMs: number;
};

/** A sale within this time counts as live; tills at a checkout come every few seconds. */
const LIVE_MS = 1_000;

/** Rest after each batch while sales are live, as a multiple of the work it took. */
const LIVE_REST = 1;

/**
 * Backlog entries a second while sales are live: a fortnight of a busy store in ten seconds, and no
 * faster than a receiver on the same machine takes them without slowing the tills.
 */
const LIVE_ENTRIES_PER_SECOND = 8_000;

/** A cap may be overdrawn by one batch, and saved up for no longer than this. */
const SAVED_MS_MAX = 250;

export class DrainGovernor {
  readonly #limits: DrainLimits;
  #readyAtMs = -Infinity;
  #liveAtMs = -Infinity;

  constructor(limits: DrainLimits) {
    this.#limits = limits;
  }

  /** A sale was committed. */
  live(nowMs: number): void {
    this.#liveAtMs = nowMs;
  }

  /** The earliest time at which the next batch may leave. */
  get readyAtMs(): number {
    return this.#readyAtMs;
  }

  /** Accounts for a batch that left; `backlog` tells a drain from the live tail. */
  spent(spent: DrainSpent, nowMs: number, backlog: boolean): void {
    const { maxBytesPerSecond, maxEntriesPerSecond } = this.#limits;
    const live = backlog && nowMs - this.#liveAtMs < LIVE_MS;
    const pauseMs = Math.max(
      millisecondsFor(spent.bytes, maxBytesPerSecond),
      millisecondsFor(spent.entries, maxEntriesPerSecond),
      live ? millisecondsFor(spent.entries, LIVE_ENTRIES_PER_SECOND) : 0,
    );
    this.#readyAtMs = Math.max(this.#readyAtMs, nowMs - SAVED_MS_MAX) + pauseMs;
    if (live) this.#readyAtMs = Math.max(this.#readyAtMs, nowMs + spent.workMs * LIVE_REST);
  }
}

/** How long `amount` takes at `perSecond`; 0 is unlimited. */
function millisecondsFor(amount: number, perSecond: number): number {
  return perSecond === 0 ? 0 : (amount * 1_000) / perSecond;
}
