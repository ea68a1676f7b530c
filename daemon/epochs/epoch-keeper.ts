/**
 * Acts on what is learnt while the gateway runs: HQ signed a history that is not this log's, or a
 * till holds an answer that this log does not contain. A new epoch is opened at once, and sales go
 * on in it. HQ going back is not a reason for that: it is filled again, and an audit entry says so.
 */
import type { KeyObject } from 'node:crypto';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Alarm } from '../ledger/commands.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { UplinkEvent } from '../uplink/uplink-status.ts';
import { storedHeadOrNone } from '../signing/stored-head.ts';
import type { CarryList } from './carry-list.ts';
import { carryTails, leftLog } from './tail-carrier.ts';
import { nextOpening, type EpochReason } from './next-opening.ts';

export type EpochKeeperOptions = {
  ledger: Pick<LedgerClient, 'append' | 'openEpoch' | 'tip'>;
  /** Opens a reader of the newest epoch; closed after use. */
  openReader: () => LedgerReader;
  privateKey: KeyObject;
  clock: Clock;
  schedule: Schedule;
  randomBytes: (count: number) => Uint8Array;
  hqHeadFile: string;
  /** Where that file is; the machine's unless a simulation brings another. */
  disk?: FileSystem;
  /** What has to be carried over; the one and only of this process. */
  list: CarryList;
  /** Ends carrying when the daemon stops. */
  signal: AbortSignal;
  /** HQ contradicts one log after the other: this one stays as it is until the event comes again. */
  onCrowded: (event: AtHqsWord) => void;
  /** Sales of an earlier epoch were written again; the owner logs it. */
  onCarried: (count: number) => void;
  /** An epoch was opened; the owner tells people. */
  onEpoch: (epoch: { origin: string; reason: EpochReason; prevOrigin: string }) => void;
};

/** A device's word alone may begin an epoch this often: a broken till must not breed epochs. */
const DEVICE_CLAIM_INTERVAL_MS = 3_600_000;

/** Epochs that HQ's word may begin in an hour; one bad day takes one or two. */
const HQ_EPOCHS_MAX = 8;
const HQ_WINDOW_MS = 3_600_000;

/** What makes an epoch end because HQ says so. */
type AtHqsWord = Extract<UplinkEvent, { type: 'diverged' | 'superseded' }>;

type DivergedHead = { origin: string; size: number; note: string };

export class EpochKeeper {
  readonly #options: EpochKeeperOptions;
  /** Runs one after the other: the second finds the origin already replaced. */
  #pending: Promise<void> = Promise.resolve();
  #deviceClaimAtMs = -Infinity;
  #atHqsWordMs: number[] = [];
  #doubted: () => void = () => undefined;

  constructor(options: EpochKeeperOptions) {
    this.#options = options;
  }

  /** Carries over what an earlier run left; rejects when the ledger does. */
  resume(): Promise<void> {
    return this.#then(() => this.#carry());
  }

  /** Handles what the uplink learnt; rejects when the ledger does. */
  uplinkEvent(event: UplinkEvent): Promise<void> {
    if (event.type === 'diverged') {
      const { origin, reason, size, note } = event;
      return this.#then(() => {
        if (this.#isCrowded(event)) return Promise.resolve();
        return this.#open(origin, reason, [{ origin, size, note }]);
      });
    }
    if (event.type === 'superseded') {
      return this.#then(() => {
        if (this.#isCrowded(event)) return Promise.resolve();
        return this.#open(event.origin, 'superseded', [event.by]);
      });
    }
    if (event.type === 'contradicted') return this.#then(() => this.#doubt(event.origin));
    if (event.type === 'regressed') return this.#then(() => this.#audit(event));
    return Promise.resolve();
  }

  /** There is something to fetch, or a log that was left is to be compared with HQ's. */
  onDoubt(listener: () => void): void {
    this.#doubted = listener;
  }

  /** HQ's log of an epoch that was left differs from `fork` on: what is above it goes to HQ anew. */
  forkedAt(origin: string, fork: number): Promise<void> {
    return this.#then(() => {
      this.#options.list.forkedAt(origin, fork);
      return this.#carry();
    });
  }

  /** What HQ holds of a log of this gateway is to be brought here. */
  fetch(origin: string): Promise<void> {
    return this.#then(() => {
      this.#options.list.addFetch(origin);
      this.#doubted();
      return Promise.resolve();
    });
  }

  /** Handles a till that holds an answer which the log does not contain. */
  deviceAlarm(alarm: Alarm): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    const { origin } = alarm.lastResult;
    // An answer of an earlier epoch was lost with that epoch, and this one follows it.
    if (origin !== this.#options.ledger.tip.origin) return Promise.resolve();
    if (nowMs - this.#deviceClaimAtMs < DEVICE_CLAIM_INTERVAL_MS) return Promise.resolve();
    this.#deviceClaimAtMs = nowMs;
    return this.#then(() => this.#open(origin, 'answerMissing', []));
  }

  /** Resolves when everything begun has ended. */
  settled(): Promise<void> {
    return this.#pending;
  }

  /** Counts an epoch that begins at HQ's word, unless there were too many. */
  #isCrowded(event: AtHqsWord): boolean {
    const { ledger, clock, signal, onCrowded } = this.#options;
    if (signal.aborted || ledger.tip.origin !== event.origin) return true;
    const nowMs = clock.monotonicMs();
    this.#atHqsWordMs = this.#atHqsWordMs.filter((atMs) => nowMs - atMs < HQ_WINDOW_MS);
    if (this.#atHqsWordMs.length >= HQ_EPOCHS_MAX) {
      onCrowded(event);
      return true;
    }
    this.#atHqsWordMs.push(nowMs);
    return false;
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#pending.then(work);
    this.#pending = done.catch(() => undefined);
    return done;
  }

  async #open(origin: string, reason: EpochReason, heads: readonly DivergedHead[]): Promise<void> {
    const { ledger, openReader, privateKey, randomBytes, onEpoch } = this.#options;
    if (ledger.tip.origin !== origin) return;
    const reader = openReader();
    try {
      // Sales committed between this reading and the opening stand in the old epoch all the same;
      // prevSize says how much of it was known when the decision fell.
      const previous = { origin, size: reader.size(), node: reader.node };
      const { list } = this.#options;
      list.add({ origin, next: this.#heldByHq(origin) });
      for (const head of heads) if (head.origin !== origin) list.addFetch(head.origin);
      const opening = nextOpening({ reason, heads, previous, privateKey, randomBytes });
      const opened = await ledger.openEpoch(opening);
      onEpoch({ origin: opened.origin, reason, prevOrigin: origin });
    } finally {
      reader.close();
    }
    await this.#carry();
  }

  async #carry(): Promise<void> {
    const { ledger, openReader, list, schedule, signal, onCarried } = this.#options;
    if (list.carries.length === 0) return;
    const count = await carryTails({ ledger, openReader, list, schedule, signal });
    if (count > 0) onCarried(count);
  }

  /** What HQ acknowledged as a prefix of the log; the uplink keeps nothing else in that file. */
  #heldByHq(origin: string): number {
    const head = storedHeadOrNone(this.#options.hqHeadFile, this.#options.disk);
    return head?.origin === origin ? head.size : 0;
  }

  /**
   * HQ acknowledged entries of this log once and holds another history of it now: it lost them, and
   * another copy came first. Nothing of this log will be taken any more, so it is carried over.
   */
  #doubt(origin: string): Promise<void> {
    const { list, openReader } = this.#options;
    const reader = openReader();
    const log = leftLog(reader, origin);
    reader.close();
    if (log === undefined) return Promise.resolve();
    list.doubt(origin, log.size);
    this.#doubted();
    return Promise.resolve();
  }

  async #audit(event: Extract<UplinkEvent, { type: 'regressed' }>): Promise<void> {
    const { origin, fromSize, toSize, note } = event;
    const members = { event: 'hqRegressed', origin, fromSize, toSize, note };
    await this.#options.ledger.append({ type: 'append', kind: 'audit', members });
  }
}
