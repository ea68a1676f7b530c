/**
 * The stream that aedes takes for a client's socket. Inward, every byte passes the decode guard;
 * outward, every byte goes to the egress buffer. What it guarantees to the broker:
 *
 * - only well-formed packets arrive, and none after CONNECT before the client is admitted;
 * - `write` never asks to wait. It is overridden, with `cork` and `uncork`: the machinery of
 *   Writable costs more than all the rest of an acknowledgement and has nothing to decide here;
 * - keep-alive and all other deadlines are kept here by one sweep over all connections instead of a
 *   timer for each; the broker sees every CONNECT with keep-alive 0.
 *
 * Submissions and the acknowledgements of results go to the `SubmissionTaker` instead of the broker.
 */
import { Duplex } from 'node:stream';
import type { ConnectPacket } from './connect-packet.ts';
import type {
  CloseReason,
  GuardedConnectionOptions,
  SubmissionTaker,
} from './connection-contract.ts';
import { BrokerOutput, type WriteCallback } from './broker-output.ts';
import { DecodeGuard } from './decode-guard.ts';
import { Deliveries } from './deliveries.ts';
import { EgressBuffer } from './egress-buffer.ts';
import type { GuardFault, GuardSink } from './guard-contract.ts';
import { InputProgress } from './input-progress.ts';
import { overdueReason } from './overdue.ts';
import { PUBACK } from './packet-check.ts';

/** Below this a connection is never the one that pays for an exceeded budget. */
const BUDGET_SHARE_BYTES = 64 * 1024;
/**
 * What a client may say before the others are heard. A chunk of 64 KiB holds two thousand small
 * packets, and the broker answers all it gets before it looks at another socket.
 */
const PACKETS_PER_TURN = 32;
const NOTHING = Buffer.alloc(0);

export class GuardedConnection extends Duplex {
  readonly peer: string;
  readonly output = new BrokerOutput(this);
  readonly #options: GuardedConnectionOptions;
  readonly #guard: DecodeGuard;
  readonly #egress: EgressBuffer;
  readonly #deliveries = new Deliveries();
  #connectPacket: ConnectPacket | undefined;
  #taker: SubmissionTaker | undefined;
  #rest: Buffer = NOTHING;
  #budgetedBytes = 0;
  #isPumping = false;
  #isAdmitted = false;
  #isHeld = false;
  #isBrokerFull = false;
  #isTurnOver = false;
  #hasPeerEnded = false;
  #isEndPassedOn = false;
  #isPaused = false;
  #isWireClosed = false;
  #closeReason: CloseReason | undefined;
  readonly #progress: InputProgress;
  #lingersSinceMs: number | undefined;

  constructor(options: GuardedConnectionOptions) {
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#options = options;
    this.peer = options.wire.peer;
    this.#progress = new InputProgress(options.clock);
    this.#guard = new DecodeGuard(this.#sink(), options.guardLimits);
    this.#guard.allow(PACKETS_PER_TURN);
    this.#egress = new EgressBuffer({
      wire: options.wire,
      limits: options.egressLimits,
      budget: options.egressBudget,
      schedule: options.schedule,
      onFailure: (failure) => this.abort(failure),
    });
    options.wire.listen({
      data: (chunk) => this.#receive(chunk),
      end: () => {
        this.#hasPeerEnded = true;
        this.#pump();
      },
      closed: () => this.#wireClosed(),
    });
  }

  /** What the client said of itself; undefined until CONNECT was read. */
  get connectPacket(): ConnectPacket | undefined {
    return this.#connectPacket;
  }

  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined && !this.destroyed;
  }

  /** From now on a PUBLISH to `topic`, if given, and known acknowledgements go to `taker`. */
  takeSubmissions(topic: string | undefined, taker: SubmissionTaker): void {
    if (topic !== undefined) this.#guard.takeTopic(topic);
    this.#taker = taker;
  }

  /** The broker has answered CONNECT with yes: what follows it is read now. */
  admitted(): void {
    this.#isAdmitted = true;
    this.#options.onAdmitted?.();
    this.#taker?.admitted();
    this.readOn();
  }

  /** Reads no further until `release`; for a taker that has enough of this client for now. */
  hold(): void {
    this.#isHeld = true;
    this.#guard.halt();
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.readOn();
  }

  /** Something that kept the client from being read may be gone. */
  readOn(): void {
    if (!this.#mayRead()) return;
    this.#progress.restart();
    this.#pump();
  }

  /** Sends a packet beside the broker; the bytes must not change afterwards. */
  send(bytes: Uint8Array): void {
    this.#deliveries.sent(bytes);
    this.#egress.write(bytes);
  }

  /** Closes once everything written has left. */
  closeAfterFlush(): void {
    this.hold();
    this.#egress.whenEmpty(() => this.destroy());
  }

  /** Closes for a reason of the caller's; last words are still flushed. */
  close(reason: CloseReason): void {
    this.#closeReason ??= reason;
    this.destroy();
  }

  /** Closes at once: the peer gets no last words and no place to linger. */
  abort(reason: CloseReason): void {
    this.#closeReason ??= reason;
    this.#options.wire.destroy();
    this.destroy();
  }

  /** Keeps the deadlines; called a few times a second. */
  sweep(nowMs: number): void {
    const { deadlines, wire } = this.#options;
    if (this.#lingersSinceMs !== undefined) {
      if (nowMs - this.#lingersSinceMs > deadlines.lingerMsMax) wire.destroy();
      return;
    }
    this.#egress.sweep(nowMs);
    const overdue = overdueReason(deadlines, {
      ...this.#progress.since(nowMs),
      keepAliveSeconds: this.#connectPacket?.keepAliveSeconds,
      isAdmitted: this.#isAdmitted,
      isHeard: this.#isHeard(),
    });
    if (overdue !== undefined) this.close(overdue);
  }

  override write(
    chunk: string | Uint8Array,
    encodingOrCallback?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    return this.output.accept(chunk, encodingOrCallback, callback);
  }

  override cork(): void {
    // Everything of one turn leaves together anyway.
  }

  override uncork(): void {
    // See cork.
  }

  override _read(): void {
    if (!this.#isBrokerFull || this.output.owesMuch) return;
    this.#isBrokerFull = false;
    this.readOn();
  }

  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    this.#closeReason ??= 'broker-closed';
    this.#forgetInput();
    if (!this.#isWireClosed) this.#linger();
    callback(null);
  }

  #sink(): GuardSink {
    return {
      pass: (bytes) => {
        if (this.push(bytes) && !this.output.owesMuch) return;
        this.#isBrokerFull = true;
        this.#guard.halt();
      },
      connect: (connect, bytes, keepAliveAt) => {
        this.#connectPacket = connect;
        const withoutKeepAlive = Buffer.from(bytes);
        withoutKeepAlive.writeUInt16BE(0, keepAliveAt);
        this.push(withoutKeepAlive);
      },
      submission: (submission) => this.#taker?.submission(this, submission),
      answered: (type, packetId) => {
        if (!this.#deliveries.answered(type, packetId)) return 'unexpected';
        const isTaken = type === PUBACK && this.#taker?.acknowledged(this, packetId) === true;
        return isTaken ? 'taken' : 'pass';
      },
      filters: (type, body) => this.output.filters.begin(type, body),
    };
  }

  #receive(chunk: Buffer): void {
    if (!this.isOpen) return;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#pump();
  }

  #wireClosed(): void {
    this.#isWireClosed = true;
    this.#closeReason ??= 'peer-closed';
    this.#egress.close();
    this.#forgetInput();
    this.destroy();
    this.#options.onClosed(this, this.#closeReason);
  }

  #mayRead(): boolean {
    return this.#isHeard() && !this.#isTurnOver;
  }

  /** Nothing but the turn of others keeps what the client says from being read. */
  #isHeard(): boolean {
    const awaitsAdmission = this.#connectPacket !== undefined && !this.#isAdmitted;
    const isBusy = awaitsAdmission || this.output.filters.isOpen || this.#isBrokerFull;
    return this.isOpen && !this.#isHeld && !isBusy;
  }

  #endTurn(): void {
    this.#isTurnOver = true;
    this.#options.schedule(() => {
      this.#isTurnOver = false;
      this.#guard.allow(PACKETS_PER_TURN);
      this.readOn();
    });
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#rest.length > 0 && this.#mayRead()) {
      this.#guard.release();
      this.#rest = this.#rest.subarray(this.#guard.feed(this.#rest));
      if (this.#guard.fault !== undefined) this.#refuse(this.#guard.fault);
      else if (this.#guard.hasReadAllowed) this.#endTurn();
    }
    this.#isPumping = false;
    this.#afterReading();
  }

  #afterReading(): void {
    if (!this.isOpen) return;
    this.#progress.note(this.#guard.packetCount, this.#guard.isInsidePacket);
    const heldBytes = this.#guard.heldBytes + this.#rest.length;
    this.#options.budget.move(this.#budgetedBytes, heldBytes);
    this.#budgetedBytes = heldBytes;
    if (heldBytes > BUDGET_SHARE_BYTES && this.#options.budget.isExceeded) {
      this.abort('memory');
      return;
    }
    // Who had his turn and has nothing left to be read may go on sending.
    const takesMore = this.#isHeard() && (!this.#isTurnOver || this.#rest.length === 0);
    if (takesMore === this.#isPaused) {
      this.#isPaused = !takesMore;
      if (takesMore) this.#options.wire.resume();
      else this.#options.wire.pause();
    }
    if (this.#mayRead() && this.#hasPeerEnded && !this.#isEndPassedOn) {
      this.#isEndPassedOn = true;
      this.push(null);
    }
  }

  #forgetInput(): void {
    this.#rest = NOTHING;
    this.#options.budget.move(this.#budgetedBytes, 0);
    this.#budgetedBytes = 0;
  }

  /** What came before the fault counts: the broker reads to the end of it, and then closes. */
  #refuse(fault: GuardFault): void {
    if (fault.answer !== undefined) this.#egress.write(fault.answer);
    this.#closeReason ??= fault.reason;
    if (this.#isAdmitted) this.push(null);
    else this.destroy();
  }

  /** Lets the last words out, then says good-bye and waits a moment for the peer to do the same. */
  #linger(): void {
    const { wire, clock } = this.#options;
    this.#lingersSinceMs = clock.monotonicMs();
    wire.resume();
    this.#egress.whenEmpty(() => wire.end());
  }
}
