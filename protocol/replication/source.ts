/**
 * The sending side of replication, pure: it decides what to send next and what an answer means.
 * Time and randomness are inputs; the caller sends, signs and waits.
 *
 *     offline ──connected──▶ probing ──head──▶ streaming ──answer missing, refused──▶ resting
 *        ▲                      ▲                  │ every heartbeat                      │
 *        └──disconnected (all)  └──────────────────┴──────────────────────────────────────┘
 *     a head that contradicts the log, or lies ahead of it ──▶ stopped (a new epoch gets a new source;
 *     this one asks again over the next connection, since the mirror there may have lost everything)
 *
 * Each probe begins a new round: the newest checkpoint goes out, the mirror's head comes back, and
 * batches follow from there, several in flight. Whatever goes wrong (a loss, a duplicate, a swap, a
 * crash of either side) ends in the next round, which sends again from the head; answers of
 * earlier rounds are ignored. So a fault costs a resend and can never cost correctness, which the
 * mirror checks for itself.
 */
import { hashesEqual, type Hash } from '../log/merkle.ts';
import { assert } from '../must.ts';
import { BackOff } from './back-off.ts';
import { DrainEstimate } from './drain-estimate.ts';
import { DrainGovernor, type DrainLimits, type DrainSpent } from './drain-governor.ts';
import type { SignedHead } from './head.ts';
import { BATCH_ENTRIES_MAX } from './limits.ts';
import { SendWindow } from './send-window.ts';

export type SourceOptions = {
  /** Entries the log holds durably. */
  committedSize: number;
  /** The largest head the mirror was ever seen to sign for this log; 0 when none. */
  acknowledgedSize: number;
  /** The root of the log at any size up to the committed one. */
  rootAt: (size: number) => Hash;
  /** The first round, unlike any of an earlier process: a random number below 2^40. */
  firstRound: number;
  random: () => number;
  limits: DrainLimits;
};

/** What a head message says, after its signature was checked (head.ts). */
export type ReceivedHead = {
  round: number;
  signed: SignedHead | undefined;
  reason?: string | undefined;
  retryAfterMs?: number | undefined;
};

export type SourceAction =
  /** Sign and send the newest checkpoint, with the admission. */
  | { type: 'checkpoint'; round: number }
  /** Send entries from `start`, as many as fit a batch and not beyond `endMax`; then call `sent`. */
  | { type: 'batch'; round: number; start: number; endMax: number }
  /** Nothing to do before this time or the next input; undefined is for ever. */
  | { type: 'wait'; untilMs: number | undefined };

export type SourceEvent =
  /** The mirror holds everything below `head.size`. */
  | { type: 'acknowledged'; head: SignedHead }
  /** The mirror went back: restored from a backup, or begun anew. Sending starts from there. */
  | { type: 'regressed'; fromSize: number; head: SignedHead }
  /** The mirror signed a root that is not ours: two lives of this log exist. */
  | { type: 'fork'; head: SignedHead }
  /** The mirror holds more than this log: the log was rolled back. */
  | { type: 'behind'; head: SignedHead }
  | { type: 'refused'; reason: string };

export type SourceState = 'offline' | 'probing' | 'streaming' | 'resting' | 'stopped';

/** An answer later than this counts as lost: several round trips over a satellite link. */
const ANSWER_MS_MAX = 15_000;

/** An idle source asks for the head this often, so that a mirror that lost it is noticed. */
const HEARTBEAT_MS = 60_000;

/** While the tail is live, batches gather for this long: five durable heads a second at most. */
const GATHER_MS = 200;

const BACK_OFF_BASE_MS = 500;
/** A minute: after an outage a store is back soon, and jitter keeps a thousand from coming at once. */
const BACK_OFF_MS_MAX = 60_000;

export class Source {
  readonly #options: SourceOptions;
  readonly #backOff: BackOff;
  readonly #governor: DrainGovernor;
  readonly #estimate = new DrainEstimate();
  readonly #window = new SendWindow();
  #state: SourceState = 'offline';
  #round: number;
  #checkpointDue = false;
  #committed: number;
  #acknowledged: number;
  #next = 0;
  /** When the state has to be left if nothing happens before. */
  #deadlineMs = 0;
  #pausedUntilMs = 0;
  #gatherUntilMs = 0;

  constructor(options: SourceOptions) {
    assert(options.acknowledgedSize >= 0, 'a head has a size');
    this.#options = options;
    this.#round = options.firstRound;
    this.#committed = options.committedSize;
    this.#acknowledged = options.acknowledgedSize;
    this.#governor = new DrainGovernor(options.limits);
    const { random } = options;
    this.#backOff = new BackOff({ baseMs: BACK_OFF_BASE_MS, maxMs: BACK_OFF_MS_MAX, random });
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Entries the mirror is known to hold. */
  get acknowledgedSize(): number {
    return this.#acknowledged;
  }

  get committedSize(): number {
    return this.#committed;
  }

  /** Entries per second lately, and seconds until the mirror holds all; undefined while unknown. */
  get estimate(): { entriesPerSecond: number; remainingSeconds: number | undefined } {
    const { entriesPerSecond } = this.#estimate;
    const pending = Math.max(0, this.#committed - this.#acknowledged);
    return { entriesPerSecond, remainingSeconds: this.#estimate.remainingSeconds(pending) };
  }

  connected(nowMs: number): void {
    if (this.#state === 'offline') this.#probe(nowMs);
  }

  disconnected(): void {
    this.#window.clear();
    this.#estimate.pause();
    this.#state = 'offline';
  }

  /** The log grew by live sales. */
  committed(size: number, nowMs: number): void {
    assert(size >= this.#committed, 'a log only grows');
    this.#committed = size;
    this.#governor.live(nowMs);
  }

  /** The mirror asked to be told again. */
  introduce(nowMs: number): void {
    if (this.#state === 'streaming' || this.#state === 'resting') this.#probe(nowMs);
  }

  head(head: ReceivedHead, nowMs: number): SourceEvent[] {
    const listening = this.#state === 'probing' || this.#state === 'streaming';
    if (!listening || head.round !== this.#round) return [];
    if (head.signed === undefined) return this.#refused(head, nowMs);
    const events = this.#held(head.signed, nowMs);
    if (this.#state === 'stopped') return events;
    if (head.reason !== undefined) return [...events, ...this.#refused(head, nowMs)];
    if (head.retryAfterMs !== undefined) this.#pausedUntilMs = nowMs + head.retryAfterMs;
    this.#expectAnswer(nowMs);
    return events;
  }

  /** What to do now. Ask again after each action, and after each input. */
  next(nowMs: number): SourceAction {
    if (this.#state !== 'offline' && this.#state !== 'stopped' && nowMs >= this.#deadlineMs) {
      if (this.#state === 'resting' || this.#isIdle()) this.#probe(nowMs);
      else this.#rest(nowMs, 0);
    }
    switch (this.#state) {
      case 'offline':
      case 'stopped':
        return { type: 'wait', untilMs: undefined };
      case 'resting':
        return { type: 'wait', untilMs: this.#deadlineMs };
      case 'probing':
        if (!this.#checkpointDue) return { type: 'wait', untilMs: this.#deadlineMs };
        this.#checkpointDue = false;
        return { type: 'checkpoint', round: this.#round };
      case 'streaming':
        return this.#nextBatch(nowMs);
    }
  }

  /** A batch [start, end) left, with its blobs. */
  sent(batch: DrainSpent & { start: number; end: number }, nowMs: number): void {
    assert(batch.start === this.#next, 'batches leave in order');
    assert(batch.end > batch.start, 'a batch holds entries');
    if (this.#window.empty) this.#deadlineMs = nowMs + ANSWER_MS_MAX;
    this.#window.sent(batch.end, batch.bytes);
    const backlog = this.#committed - this.#next > BATCH_ENTRIES_MAX;
    this.#governor.spent(batch, nowMs, backlog);
    this.#next = batch.end;
    // Only what comes after the last entry is worth waiting for.
    this.#gatherUntilMs = batch.end === this.#committed ? nowMs + GATHER_MS : 0;
  }

  #held(signed: SignedHead, nowMs: number): SourceEvent[] {
    if (signed.size > this.#committed) return this.#stop({ type: 'behind', head: signed });
    if (!hashesEqual(this.#options.rootAt(signed.size), signed.root)) {
      return this.#stop({ type: 'fork', head: signed });
    }
    const before = this.#acknowledged;
    if (this.#state === 'probing') {
      this.#state = 'streaming';
      this.#next = signed.size;
      this.#acknowledged = signed.size;
      this.#estimate.pause();
      if (signed.size < before) {
        return [{ type: 'regressed', fromSize: before, head: signed }];
      }
    }
    // Within a round heads only grow: a smaller one was overtaken on its way.
    if (signed.size < before) return [];
    this.#acknowledged = signed.size;
    this.#window.acknowledged(signed.size);
    this.#estimate.acknowledged(signed.size - before, nowMs);
    if (signed.size > before || signed.size === this.#committed) this.#backOff.reset();
    return [{ type: 'acknowledged', head: signed }];
  }

  #refused(head: ReceivedHead, nowMs: number): SourceEvent[] {
    this.#rest(nowMs, head.retryAfterMs ?? 0);
    return [{ type: 'refused', reason: head.reason ?? 'unknown' }];
  }

  #stop(event: SourceEvent): SourceEvent[] {
    this.#state = 'stopped';
    this.#window.clear();
    return [event];
  }

  #probe(nowMs: number): void {
    this.#state = 'probing';
    this.#round += 1;
    this.#checkpointDue = true;
    this.#window.clear();
    this.#deadlineMs = nowMs + ANSWER_MS_MAX;
  }

  #rest(nowMs: number, atLeastMs: number): void {
    this.#state = 'resting';
    this.#window.clear();
    this.#estimate.pause();
    this.#deadlineMs = nowMs + atLeastMs + this.#backOff.nextMs();
  }

  #nextBatch(nowMs: number): SourceAction {
    const pending = this.#committed - this.#next;
    if (pending === 0 || this.#window.full) return { type: 'wait', untilMs: this.#deadlineMs };
    const readyAtMs = Math.max(this.#governor.readyAtMs, this.#pausedUntilMs, this.#gatherUntilMs);
    if (nowMs < readyAtMs) return { type: 'wait', untilMs: Math.min(readyAtMs, this.#deadlineMs) };
    const endMax = Math.min(this.#committed, this.#next + BATCH_ENTRIES_MAX);
    return { type: 'batch', round: this.#round, start: this.#next, endMax };
  }

  #isIdle(): boolean {
    return this.#state === 'streaming' && this.#window.empty;
  }

  #expectAnswer(nowMs: number): void {
    this.#deadlineMs = nowMs + (this.#window.empty ? HEARTBEAT_MS : ANSWER_MS_MAX);
  }
}
