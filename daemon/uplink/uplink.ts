/**
 * Streams one gateway's log to HQ: the thin shell around the pure source. It connects, signs,
 * builds batches, checks that a pinned key signed what HQ says, and passes on what follows.
 *
 * Guarantees: nothing leaves before its head is durable in `signed-head`; a head that no pinned key
 * signed changes nothing. Relies on the source for what to send and when, and on the caller to
 * begin a new epoch after `diverged`. Runs in its own thread (uplink-worker.ts), so that packing
 * and signing never delay a till; everything it touches is handed in.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../protocol/clock.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { BackOff } from '../../protocol/replication/back-off.ts';
import type { DrainLimits } from '../../protocol/replication/drain-governor.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { openHead } from '../../protocol/replication/head.ts';
import {
  decodeMessage,
  encodeMessage,
  type HeadMessage,
  type ReplicationMessage,
} from '../../protocol/replication/messages.ts';
import { Source, type SourceAction, type SourceEvent } from '../../protocol/replication/source.ts';
import { HeadSigner, type SignedCheckpoint } from '../signing/head-signer.ts';
import type { SignedLog } from '../signing/signed-log.ts';
import { readStoredHead } from '../signing/stored-head.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { ConnectToHq, HqConnection } from './hq-connection.ts';
import { HqHeadFile } from './hq-head-file.ts';
import type { UplinkEvent, UplinkState, UplinkStatus } from './uplink-status.ts';

export type UplinkOptions = {
  log: SignedLog;
  privateKey: KeyObject;
  signedHeadFile: string;
  hqHeadFile: string;
  enrolment: Enrolment | undefined;
  limits: DrainLimits;
  clock: Clock;
  random: () => number;
  connect: ConnectToHq;
  /** Calls back after `delayMs`; returns the way to call it off. */
  schedule: (callback: () => void, delayMs: number) => () => void;
  onEvent: (event: UplinkEvent) => void;
  /** The status may have changed; the receiver reads it when it likes. */
  onChange: () => void;
};

/** Reconnecting: quick after a blip, and half a minute at most, so that a healed link is used. */
const RECONNECT_BASE_MS = 500;
const RECONNECT_MS_MAX = 30_000;

/** Rounds start anywhere below this, so that two processes hardly ever share one. */
const FIRST_ROUND_LIMIT = 2 ** 40;

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #hqHeadFile: HqHeadFile;
  readonly #reconnect: BackOff;
  #log: SignedLog;
  #signer: HeadSigner;
  #builder: BatchBuilder;
  #source: Source;
  #enrolment: Enrolment | undefined;
  #connection: HqConnection | undefined;
  #open = false;
  #head: { size: number; timeSeconds: number } | null = null;
  #refused = new Map<string, number>();
  #lastRefusal: string | undefined;
  #problem: string | null = null;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#hqHeadFile = new HqHeadFile(options.hqHeadFile);
    const { random } = options;
    this.#reconnect = new BackOff({ baseMs: RECONNECT_BASE_MS, maxMs: RECONNECT_MS_MAX, random });
    this.#enrolment = options.enrolment;
    this.#log = options.log;
    const begun = this.#begin(options.log);
    this.#signer = begun.signer;
    this.#builder = begun.builder;
    this.#source = begun.source;
  }

  /** Connects if enrolled. */
  start(): void {
    if (this.#enrolment !== undefined) this.#connect(this.#enrolment);
  }

  /** Signs everything committed; durable in `signed-head` when it returns. */
  signTip(): SignedCheckpoint {
    return this.#signer.signTip();
  }

  /** The log holds `size` entries durably. */
  committed(size: number): void {
    if (this.#closed || size <= this.#source.committedSize) return;
    this.#source.committed(size, this.#now());
    this.#pump();
  }

  /** A new epoch was opened: its log takes the place of the old one. */
  beginEpoch(log: SignedLog): void {
    this.#log = log;
    const begun = this.#begin(log);
    this.#signer = begun.signer;
    this.#builder = begun.builder;
    this.#source = begun.source;
    this.#signer.signTip();
    if (this.#open) this.#source.connected(this.#now());
    this.#pump();
    this.#options.onChange();
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

  status(): UplinkStatus {
    const { entriesPerSecond, remainingSeconds } = this.#source.estimate;
    return {
      state: this.#state(),
      origin: this.#log.origin,
      head: this.#head,
      entriesOnlyHere: this.#source.committedSize - this.#source.acknowledgedSize,
      entriesPerSecond: Math.round(entriesPerSecond),
      remainingSeconds: remainingSeconds ?? null,
      refused: Object.fromEntries(this.#refused),
      problem: this.#problem,
    };
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#connection?.close();
    this.#hqHeadFile.flush(this.#now());
  }

  #begin(log: SignedLog): { signer: HeadSigner; builder: BatchBuilder; source: Source } {
    const { privateKey, signedHeadFile, random, limits } = this.#options;
    const noteSigner = createNoteSigner({ name: log.origin, type: KEY_TYPE_ED25519, privateKey });
    const signer = new HeadSigner({ log, signer: noteSigner, signedHeadFile });
    const builder = new BatchBuilder({ log, noteAt: (size) => signer.noteAt(size) });
    const stored = readStoredHead(this.#options.hqHeadFile);
    const committedSize = log.size();
    // The start check has already compared it; a head of another epoch says nothing here.
    const acknowledgedSize = stored?.origin === log.origin ? stored.size : 0;
    this.#head = null;
    const source = new Source({
      committedSize,
      acknowledgedSize: Math.min(acknowledgedSize, committedSize),
      rootAt: (size) => rootAt(size, log.node),
      firstRound: Math.floor(random() * FIRST_ROUND_LIMIT),
      random,
      limits,
    });
    return { signer, builder, source };
  }

  #connect(enrolment: Enrolment): void {
    const { connect, random } = this.#options;
    const { chain, store, gateway } = parseOrigin(this.#log.origin);
    this.#connection = connect({
      enrolment,
      place: { chain, store, gateway },
      clientSuffix: Math.floor(random() * 2 ** 32).toString(16),
      onOpen: () => {
        this.#open = true;
        this.#source.connected(this.#now());
        this.#pump();
      },
      onMessage: (payload) => {
        this.#receive(payload, enrolment);
        this.#pump();
      },
      onEnd: (reason) => {
        this.#lost();
        this.#note(`The connection to HQ ended: ${reason}.`);
        this.#later(() => {
          this.#connect(enrolment);
        }, this.#reconnect.nextMs());
      },
    });
  }

  #lost(): void {
    this.#connection = undefined;
    this.#open = false;
    this.#source.disconnected();
  }

  #receive(payload: Uint8Array, enrolment: Enrolment): void {
    const decoded = decodeMessage(payload);
    if (!decoded.ok) {
      this.#refuse(
        `received-${decoded.reason}`,
        `A message from HQ was refused: ${decoded.detail}.`,
      );
      return;
    }
    const { message } = decoded;
    if (message.origin !== this.#log.origin) return;
    if (message.type === 'head') this.#receiveHead(message, enrolment);
    if (message.type === 'control' && message.action === 'introduce') {
      this.#source.introduce(this.#now());
    }
  }

  #receiveHead(message: HeadMessage, enrolment: Enrolment): void {
    const opened = openHead(message, enrolment.hqKeys);
    if (!opened.ok) {
      this.#refuse('received-signature', `A head from HQ was refused: ${opened.detail}.`);
      return;
    }
    const { round, reason, retryAfterMs } = message;
    const head = { round, signed: opened.signed, reason, retryAfterMs };
    for (const event of this.#source.head(head, this.#now())) this.#handle(event);
    this.#options.onChange();
  }

  #handle(event: SourceEvent): void {
    const { origin } = this.#log;
    switch (event.type) {
      case 'acknowledged':
        this.#reconnect.reset();
        this.#problem = null;
        this.#lastRefusal = undefined;
        this.#head = { size: event.head.size, timeSeconds: event.head.timeSeconds };
        this.#hqHeadFile.keep(event.head, this.#now());
        return;
      case 'regressed': {
        const { head, fromSize } = event;
        this.#head = { size: head.size, timeSeconds: head.timeSeconds };
        const toSize = head.size;
        this.#hqHeadFile.keep(head, this.#now());
        this.#options.onEvent({ type: 'regressed', origin, fromSize, toSize, note: head.note });
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
        this.#lastRefusal = event.reason;
        this.#refuse(event.reason, `HQ refused what was sent: ${event.reason}.`);
    }
  }

  /** Does one thing and comes back for the next, so that answers are heard in between. */
  #pump(): void {
    if (this.#closed) return;
    const nowMs = this.#now();
    const action = this.#source.next(nowMs);
    if (action.type === 'wait') {
      const { untilMs } = action;
      if (untilMs !== undefined)
        this.#later(() => {
          this.#pump();
        }, untilMs - nowMs);
      return;
    }
    this.#perform(action, nowMs);
    this.#later(() => {
      this.#pump();
    }, 0);
  }

  #perform(action: Exclude<SourceAction, { type: 'wait' }>, nowMs: number): void {
    const { origin } = this.#log;
    const { round } = action;
    if (action.type === 'checkpoint') {
      const { note } = this.#signer.signTip();
      const admission = this.#enrolment?.admission;
      const message: ReplicationMessage =
        admission === undefined
          ? { type: 'checkpoint', origin, round, note }
          : { type: 'checkpoint', origin, round, admission, note };
      this.#connection?.send('checkpoint', encodeMessage(message));
      return;
    }
    const built = this.#builder.build(action);
    for (const { type, payload } of built.messages) this.#connection?.send(type, payload);
    const afterMs = this.#now();
    this.#source.sent({ ...built, workMs: afterMs - nowMs }, afterMs);
  }

  #state(): UplinkState {
    if (this.#enrolment === undefined) return 'off';
    if (this.#source.state === 'stopped') return 'forked';
    if (!this.#open) return 'connecting';
    if (this.#lastRefusal === 'unadmitted') return 'waiting-admission';
    const complete = this.#source.acknowledgedSize === this.#source.committedSize;
    switch (this.#source.state) {
      case 'offline':
        return 'connecting';
      case 'probing':
        return 'probing';
      case 'resting':
        return 'resting';
      case 'streaming':
        return complete ? 'idle' : 'streaming';
    }
  }

  #refuse(reason: string, sentence: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    this.#note(sentence);
  }

  /** A problem is passed on once, until it is gone or becomes another. */
  #note(sentence: string): void {
    if (this.#problem === sentence) return;
    this.#problem = sentence;
    this.#options.onEvent({ type: 'problem', message: sentence });
    this.#options.onChange();
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
