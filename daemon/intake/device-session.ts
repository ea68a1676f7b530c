/**
 * One connection of a device, from its admission to its end. It takes the submissions out of the
 * guarded connection, keeps their order, and gives back acknowledgement and result:
 *
 * - one window a connection: a client that sends faster than the ledger commits is read more slowly;
 * - acknowledgements leave in the order of the submissions, each after its commit;
 * - results with a large audience leave some a turn, so that other tills are served in between;
 * - after an `unavailable` nothing more is acknowledged and the connection closes;
 * - results go to subscribers as QoS 1 packets of the broker's own id sequence. Their
 *   acknowledgements end here. Sessions that outlive the connection get what was not acknowledged
 *   through the broker's persistence.
 *
 * QoS 2 needs no state: PUBREC leaves after the commit, a repeated PUBLISH gets the same answer from
 * the ledger for ever, and the broker answers PUBREL whether it knows the id or not.
 */
import type { Submission } from '../../platform/mqtt/guard-contract.ts';
import { encodeAcknowledgement, encodePublish } from '../../platform/mqtt/encode-packets.ts';
import type { SubmissionTaker } from '../../platform/mqtt/connection-contract.ts';
import type { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';
import { FanOutPace } from './fan-out-pace.ts';
import type { Intake } from './intake.ts';
import type { SubmissionItem, SubmissionSource } from './submission-item.ts';
import { unavailableResult } from './unavailable.ts';

export interface DeviceSessionOptions {
  connection: GuardedConnection;
  deviceId: string;
  intake: Intake;
  /** Gives the next packet identifier for a message to this client. */
  nextPacketId: () => number;
  /** What the role allows; wildcards may subscribe to more than may be read. */
  mayRead: (topic: string) => boolean;
  /** Publishes a result to whoever subscribed to this device's; gives how many they were. */
  publishResult: (deviceId: string, payload: Uint8Array) => number;
}

/** Deep enough to keep a group commit full, shallow enough that one client cannot fill the queue. */
const WINDOW_ITEMS_MAX = 256;
const WINDOW_BYTES_MAX = 4 * 1024 * 1024;
/** Results sent and not acknowledged; a client that never does loses the record of the oldest. */
const UNACKNOWLEDGED_MAX = 4096;
/** Packets before CONNACK, which takes a moment; a session with more to hear is cut off. */
const EARLY_MAX = 4096;
const NO_PAYLOAD = Buffer.alloc(0);

export interface SentResult {
  topic: string;
  payload: Uint8Array;
}

export class DeviceSession implements SubmissionTaker, SubmissionSource {
  readonly deviceId: string;
  readonly #options: DeviceSessionOptions;
  readonly #connection: GuardedConnection;
  /** In the order they came; the first is the next to be answered. */
  readonly #items: SubmissionItem[] = [];
  #itemBytes = 0;
  #isWindowFull = false;
  #isIntakeFull = false;
  #isFinished = false;
  readonly #pace = new FanOutPace(() => this.settled());
  readonly #unacknowledged = new Map<number, SentResult>();
  /** Waits for CONNACK, the first packet that a client may hear ([MQTT-3.2.0-1]). */
  #early: Uint8Array[] = [];

  constructor(options: DeviceSessionOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.deviceId = options.deviceId;
  }

  /** Results that left and were not acknowledged, oldest first. */
  get unacknowledged(): Iterable<SentResult> {
    return this.#unacknowledged.values();
  }

  /** A result under this packet id left and was not acknowledged. */
  awaits(packetId: number): boolean {
    return this.#unacknowledged.has(packetId);
  }

  submission(_connection: GuardedConnection, submission: Submission): void {
    const { intake } = this.#options;
    if (this.#isFinished || intake.isClosed) return;
    const item: SubmissionItem = {
      source: this,
      qos: submission.qos,
      packetId: submission.packetId,
      oversized: submission.oversized,
      payload: submission.payload ?? NO_PAYLOAD,
      takenAtMs: intake.nowMs(),
      outcome: undefined,
    };
    this.#items.push(item);
    this.#itemBytes += item.payload.length;
    if (!intake.offer(item)) this.#isIntakeFull = true;
    if (this.#items.length >= WINDOW_ITEMS_MAX || this.#itemBytes >= WINDOW_BYTES_MAX) {
      this.#isWindowFull = true;
    }
    if (this.#isIntakeFull || this.#isWindowFull) this.#connection.hold();
  }

  mayRead(topic: string): boolean {
    return this.#options.mayRead(topic);
  }

  acknowledged(_connection: GuardedConnection, packetId: number): boolean {
    return this.#unacknowledged.delete(packetId);
  }

  resume(): void {
    this.#isIntakeFull = false;
    this.#readOn();
  }

  settled(): void {
    for (;;) {
      const item = this.#items[0];
      if (item?.outcome === undefined) break;
      // Whoever stops the gateway waits for no more than the next turn.
      if (this.#pace.isWaiting && !this.#options.intake.isClosed) break;
      this.#items.shift();
      this.#itemBytes -= item.payload.length;
      this.#answer(item);
    }
    if (this.#isWindowFull && this.#items.length <= WINDOW_ITEMS_MAX / 2) {
      this.#isWindowFull = this.#itemBytes >= WINDOW_BYTES_MAX;
      this.#readOn();
    }
  }

  /** Sends a result to this client; `qos` is what it was granted. */
  sendResult(result: SentResult, topicBytes: Uint8Array, qos: 0 | 1): void {
    if (!this.#connection.isOpen) return;
    if (qos === 0) {
      this.#send(encodePublish(topicBytes, result.payload, undefined));
      return;
    }
    const packetId = this.#options.nextPacketId();
    this.#unacknowledged.set(packetId, result);
    if (this.#unacknowledged.size > UNACKNOWLEDGED_MAX) {
      const [oldest] = this.#unacknowledged.keys();
      if (oldest !== undefined) this.#unacknowledged.delete(oldest);
    }
    this.#send(encodePublish(topicBytes, result.payload, packetId));
  }

  admitted(): void {
    for (const bytes of this.#early.splice(0)) this.#connection.send(bytes);
  }

  #send(bytes: Uint8Array): void {
    if (this.#connection.isAdmitted) this.#connection.send(bytes);
    else if (this.#early.push(bytes) > EARLY_MAX) this.#connection.abort('egress-overflow');
  }

  #answer(item: SubmissionItem): void {
    const { outcome } = item;
    if (this.#isFinished || outcome === undefined) return;
    switch (outcome.kind) {
      case 'answered':
        if (item.qos !== 0) this.#connection.send(encodeAcknowledgement(item.qos, item.packetId));
        this.#pace.spend(this.#options.publishResult(this.deviceId, outcome.answer.payload));
        break;
      case 'unavailable':
        this.#options.publishResult(this.deviceId, unavailableResult(item, outcome.code));
        this.#finish();
        break;
      case 'abandoned':
        this.#finish();
    }
  }

  /** Nothing after this is acknowledged; what was not handed over yet need not be. */
  #finish(): void {
    this.#isFinished = true;
    for (const item of this.#items) item.outcome ??= { kind: 'abandoned' };
    this.#connection.closeAfterFlush();
  }

  #readOn(): void {
    if (!this.#isIntakeFull && !this.#isWindowFull) this.#connection.release();
  }
}
