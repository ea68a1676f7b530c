/**
 * Streams one gateway's log to HQ: the thin shell around the pure source. It connects, signs,
 * builds batches, checks that a pinned key signed what HQ says, and passes on what follows.
 *
 * Guarantees: nothing leaves before its head is durable in `signed-head`; a head that no pinned key
 * signed changes nothing. Relies on the source for what to send and when, and on the caller to
 * begin a new epoch after `diverged`. Runs in its own thread (uplink-worker.ts), so that packing
 * and signing never delay a till; everything it touches is handed in.
 */
import { must } from '../../protocol/must.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { BackOff } from '../../protocol/replication/back-off.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { openHead } from '../../protocol/replication/head.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type { HeadMessage } from '../../protocol/replication/messages.ts';
import type { SourceEvent } from '../../protocol/replication/source.ts';
import type { SignedCheckpoint } from '../signing/head-signer.ts';
import type { SignedLog } from '../signing/signed-log.ts';
import { storedHeadOrNone } from '../signing/stored-head.ts';
import type { FetchRequest, FetchResult } from './fetch-result.ts';
import type { HqConnection } from './hq-connection.ts';
import { HqEvidence } from './hq-evidence.ts';
import { HqFetch } from './hq-fetch.ts';
import { HqHeadFile } from './hq-head-file.ts';
import { earlierLane, eventsOfEarlier, LogLane } from './log-lane.ts';
import { unlessUnwritable } from './unless-unwritable.ts';
import type { UplinkOptions } from './uplink-options.ts';
import { UplinkTrouble } from './uplink-trouble.ts';
import { uplinkState, type UplinkStatus } from './uplink-status.ts';

/** Reconnecting: quick after a blip, and half a minute at most, so that a healed link is used. */
const RECONNECT_BASE_MS = 500;
const RECONNECT_MS_MAX = 30_000;

/** How long to leave a medium alone that takes no writes. */
const UNWRITABLE_RETRY_MS = 1_000;

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #hqHeadFile: HqHeadFile;
  readonly #reconnect: BackOff;
  readonly #fetch: HqFetch;
  readonly #evidence: HqEvidence;
  #lane: LogLane;
  /** Newest first: what was sold last matters most. */
  #earlier: LogLane[];
  #enrolment: Enrolment | undefined;
  #connection: HqConnection | undefined;
  #open = false;
  #head: { size: number; timeSeconds: number } | null = null;
  readonly #trouble = new UplinkTrouble((sentence) => {
    this.#options.onEvent({ type: 'problem', message: sentence });
    this.#options.onChange();
  });
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#hqHeadFile = new HqHeadFile(options.hqHeadFile, options.writeFile);
    const { random } = options;
    this.#evidence = new HqEvidence({ ...options, newestOrigin: options.log.origin });
    this.#reconnect = new BackOff({ baseMs: RECONNECT_BASE_MS, maxMs: RECONNECT_MS_MAX, random });
    this.#fetch = new HqFetch(random);
    this.#enrolment = options.enrolment;
    this.#lane = this.#newest(options.log);
    this.#earlier = options.earlierLogs.map((log) => earlierLane(log, this.#options)).reverse();
  }

  /** Connects if enrolled. */
  start(): void {
    if (this.#enrolment !== undefined) this.#connect(this.#enrolment);
  }

  /**
   * Signs everything committed; durable in `signed-head` when it returns. Undefined while that file
   * cannot be written: sales may still go where the ledger is, and the head follows later.
   */
  signTip(): SignedCheckpoint | undefined {
    return this.#signing(() => this.#lane.signTip());
  }

  /** The log holds `size` entries durably. */
  committed(size: number): void {
    if (this.#closed || size <= this.#lane.source.committedSize) return;
    this.#lane.source.committed(size, this.#now());
    this.#pump();
  }

  /** A new epoch was opened: its log takes the place of the old one. */
  beginEpoch(log: SignedLog): void {
    this.#evidence.beginEpoch(log.origin);
    const before = earlierLane(this.#lane.log, this.#options);
    this.#lane = this.#newest(log);
    this.#earlier = [before, ...this.#earlier];
    this.signTip();
    if (this.#open) for (const lane of this.#lanes()) lane.source.connected(this.#now());
    this.#pump();
    this.#options.onChange();
  }

  /** A log that was left has grown by what HQ sent back: HQ is offered it as it is now. */
  offer(log: SignedLog): void {
    const lane = earlierLane(log, this.#options);
    this.#earlier = [lane, ...this.#earlier.filter((other) => other.log.origin !== log.origin)];
    if (this.#open) lane.source.connected(this.#now());
    this.#pump();
  }

  /** Joins another HQ, or the same under new terms, at once; undefined leaves it. */
  enrol(enrolment: Enrolment | undefined): void {
    this.#connection?.close();
    this.#lost();
    this.#enrolment = enrolment;
    this.#reconnect.reset();
    this.#cancelTimer?.();
    if (enrolment !== undefined) this.#connect(enrolment);
    this.#options.onChange();
  }

  /** Fetches entries whenever HQ is there, instead of what was asked before; undefined ends that. */
  fetch(request: FetchRequest | undefined, onResult: (result: FetchResult) => void): void {
    this.#fetch.request(request, onResult, this.#now());
    this.#pump();
  }

  status(): UplinkStatus {
    const { entriesPerSecond, remainingSeconds } = this.#lane.source.estimate;
    const link = { isEnrolled: this.#enrolment !== undefined, isOpen: this.#open };
    const { lastRefusal, refused, problem } = this.#trouble;
    return {
      state: uplinkState(this.#lane.source, { ...link, lastRefusal }),
      origin: this.#lane.log.origin,
      head: this.#head,
      entriesOnlyHere: this.#lane.source.committedSize - this.#lane.source.acknowledgedSize,
      entriesPerSecond: Math.round(entriesPerSecond),
      remainingSeconds: remainingSeconds ?? null,
      ...{ refused, problem },
    };
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#connection?.close();
    this.#hqHeadFile.flush(this.#now());
  }

  #lanes(): LogLane[] {
    return [this.#lane, ...this.#earlier];
  }

  #newest(log: SignedLog): LogLane {
    const stored = storedHeadOrNone(this.#options.hqHeadFile, this.#options.disk);
    // The start check has already compared it; a head of another epoch says nothing here.
    const known = stored?.origin === log.origin ? stored : undefined;
    const acknowledgedSize = known?.size ?? 0;
    this.#head =
      known?.timeSeconds === undefined
        ? null
        : { size: known.size, timeSeconds: known.timeSeconds };
    return new LogLane({ ...this.#options, log, acknowledgedSize });
  }

  #connect(enrolment: Enrolment): void {
    const { connect, random } = this.#options;
    const { chain, store, gateway } = parseOrigin(this.#lane.log.origin);
    this.#connection = connect({
      enrolment,
      place: { chain, store, gateway },
      clientSuffix: Math.floor(random() * 2 ** 32).toString(16),
      onOpen: () => {
        this.#open = true;
        for (const lane of this.#lanes()) lane.source.connected(this.#now());
        this.#fetch.connected(this.#now());
        this.#pump();
      },
      onMessage: (payload) => {
        this.#receive(payload, enrolment);
        this.#pump();
      },
      onEnd: (reason) => {
        this.#lost();
        this.#trouble.note(`The connection to HQ ended: ${reason}.`);
        this.#later(() => this.#connect(enrolment), this.#reconnect.nextMs());
      },
    });
  }

  #lost(): void {
    this.#connection = undefined;
    this.#open = false;
    for (const lane of this.#lanes()) lane.source.disconnected();
    this.#fetch.disconnected();
  }

  #receive(payload: Uint8Array, enrolment: Enrolment): void {
    const decoded = decodeMessage(payload);
    if (!decoded.ok) {
      const { reason, detail } = decoded;
      this.#trouble.refuse(`received-${reason}`, `A message from HQ was refused: ${detail}.`);
      return;
    }
    const { message } = decoded;
    if (this.#fetch.receive(message, enrolment.hqKeys, this.#now())) return;
    const lane = this.#lanes().find(({ log }) => log.origin === message.origin);
    if (lane === undefined) return;
    if (message.type === 'head') this.#receiveHead(lane, message, enrolment);
    if (message.type !== 'control') return;
    const event = lane.control(message, { ...enrolment, nowMs: this.#now() });
    // That a later epoch follows an earlier one is no news.
    const isKnown = event?.type === 'superseded' && lane !== this.#lane;
    if (event !== undefined && !isKnown) this.#options.onEvent(event);
  }

  #receiveHead(lane: LogLane, message: HeadMessage, enrolment: Enrolment): void {
    const opened = openHead(message, enrolment.hqKeys);
    if (!opened.ok) {
      this.#trouble.refuse('received-signature', `A head from HQ was refused: ${opened.detail}.`);
      return;
    }
    const head = { ...message, signed: opened.signed };
    const told = { ...enrolment, link: this.#link(), evidence: this.#evidence, nowMs: this.#now() };
    const events = lane.hear(head, told);
    if (lane === this.#lane) for (const event of events) this.#handle(event);
    else for (const event of eventsOfEarlier(lane, events, head)) this.#options.onEvent(event);
    this.#options.onChange();
  }

  #handle(event: SourceEvent): void {
    const { origin } = this.#lane.log;
    switch (event.type) {
      case 'acknowledged': {
        const { size, timeSeconds, note } = event.head;
        this.#reconnect.reset();
        this.#trouble.healed();
        this.#head = { size, timeSeconds };
        this.#hqHeadFile.keep(event.head, this.#now());
        this.#options.onEvent({ type: 'acknowledged', origin, size, timeSeconds, note });
        return;
      }
      case 'regressed': {
        const { head, fromSize } = event;
        const { size: toSize, timeSeconds, note } = head;
        this.#head = { size: toSize, timeSeconds };
        this.#hqHeadFile.keep(head, this.#now());
        this.#options.onEvent({ type: 'regressed', origin, fromSize, toSize, note });
        return;
      }
      case 'fork':
      case 'behind': {
        const { size, note } = event.head;
        const reason = event.type === 'fork' ? 'fork' : 'behindHq';
        this.#options.onEvent({ type: 'diverged', origin, reason, size, note });
        return;
      }
      case 'refused':
        this.#trouble.refusedByHq(event.reason);
    }
  }

  /** Does one thing and comes back for the next, so that answers are heard in between. */
  #pump(): void {
    if (this.#closed) return;
    const nowMs = this.#now();
    const asked = this.#fetch.next(nowMs);
    if (asked.type === 'send') this.#connection?.send('control', encodeMessage(asked.message));
    let wakeMs = asked.type === 'send' ? nowMs : (asked.untilMs ?? Infinity);
    for (const lane of this.#lanes()) {
      const action = lane.source.next(nowMs);
      if (action.type === 'wait') {
        wakeMs = Math.min(wakeMs, action.untilMs ?? Infinity);
        continue;
      }
      const { connection, admission } = this.#link();
      const link = { connection, admission, now: () => this.#now() };
      const done = this.#signing(() => (lane.perform(action, link), true));
      wakeMs = done === true ? nowMs : nowMs + UNWRITABLE_RETRY_MS;
      break;
    }
    if (wakeMs === Infinity) return;
    this.#later(() => this.#pump(), wakeMs - nowMs);
  }

  readonly #signing = <T>(work: () => T): T | undefined => {
    const done = unlessUnwritable(work, (problem) => this.#trouble.unwritable(problem));
    if (done !== undefined && this.#trouble.written()) this.#options.onChange();
    return done;
  };

  #link(): { connection: HqConnection; admission: string } {
    const connection = must(this.#connection, 'a source acts only while connected');
    const { admission } = must(this.#enrolment, 'only an enrolled gateway connects');
    return { connection, admission };
  }

  /** One timer is enough: whatever is due, it only asks what to do now. */
  #later(callback: () => void, delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.schedule(callback, Math.max(0, delayMs));
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
