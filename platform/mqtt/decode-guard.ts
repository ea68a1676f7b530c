/**
 * Stands between a socket and the broker's parser and lets through only what MQTT 3.1 and 3.1.1
 * allow a client to send, byte for byte as it came. Pure and incremental: bytes in, calls on the
 * sink out; the verdict does not depend on how the bytes were cut into chunks.
 *
 * - Clean runs of packets go to `sink.pass` as one view, without a copy; only a packet that was cut
 *   in two is joined.
 * - A PUBLISH to `takenTopic` never reaches the broker: it goes to `sink.submission`. Up to 1 MiB
 *   of payload is handed over whole; up to 4 MiB only its hash and length; above that the guard
 *   faults. This is decided from the packet's head, so nothing large is ever held.
 * - `halt()` makes the guard stop after the packet at hand; what was not consumed is the caller's.
 *   It halts by itself after CONNECT, so that nothing is read before the client is known.
 *
 * Leaves out: who may publish or subscribe to what, and all timing.
 */
import { readConnect } from './connect-packet.ts';
import { DEFAULT_GUARD_LIMITS } from './guard-contract.ts';
import type { GuardFault, GuardLimits, GuardSink } from './guard-contract.ts';
import { HashedPayload } from './hashed-payload.ts';
import { HeldPacket } from './held-packet.ts';
import {
  bodyFault,
  CONNECT,
  DISCONNECT,
  firstByteFault,
  goesTo,
  hasFilters,
  isAnswer,
  packetTypeOf,
  PUBLISH,
  publishQosOf,
  readPublishHead,
} from './packet-check.ts';
import type { PublishHead } from './packet-check.ts';

/** A stranger gets no more memory than this: the largest CONNECT that is read. */
const CONNECT_BYTES_MAX = 16 * 1024;
/** SUBSCRIBE and UNSUBSCRIBE: hundreds of filters fit, or one of 65,535 bytes; all others have 4. */
const CONTROL_BYTES_MAX = 64 * 1024 + 16;
/** A topic and packet id in front of a payload (MQTT 3.1.1 section 1.5.3 caps a string). */
const PUBLISH_HEAD_BYTES_MAX = 2 + 65_535 + 2;
const LENGTH_BYTES_MAX = 4;
const EMPTY = Buffer.alloc(0);

type Framing = 'whole' | 'partial' | 'streaming' | 'fault';

export class DecodeGuard {
  readonly #sink: GuardSink;
  readonly #limits: GuardLimits;
  #takenTopic: Buffer = EMPTY;
  #phase: 'connect' | 'open' | 'ended' = 'connect';
  #halted = false;
  #fault: GuardFault | undefined;
  #packetCount = 0;
  /** The packet count at which the guard halts by itself. */
  #haltsAt = Infinity;
  readonly #held = new HeldPacket();
  /** Set by framing: where the body of the packet at hand lies. */
  #bodyStart = 0;
  #bodyEnd = 0;
  /** Set by `#takes`: the head of the PUBLISH at hand. */
  #publishHead: PublishHead | undefined;
  #stream: HashedPayload | undefined;

  constructor(sink: GuardSink, limits: GuardLimits = DEFAULT_GUARD_LIMITS) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Why the connection must close; undefined as long as all was well. */
  get fault(): GuardFault | undefined {
    return this.#fault;
  }

  /** Complete packets seen, of any type. */
  get packetCount(): number {
    return this.#packetCount;
  }

  /** Memory held for a packet whose rest has not come. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** True while a packet is incomplete: such a client owes us bytes. */
  get isInsidePacket(): boolean {
    return this.#held.bytes > 0 || this.#stream !== undefined;
  }

  /** From now on a PUBLISH to just this topic is a submission. */
  takeTopic(topic: string): void {
    this.#takenTopic = Buffer.from(topic, 'utf8');
  }

  halt(): void {
    this.#halted = true;
  }

  release(): void {
    this.#halted = false;
  }

  /** Halts by itself, as often as it is released, once `packets` more were read. */
  allow(packets: number): void {
    this.#haltsAt = this.#packetCount + packets;
  }

  /** Has read all packets that `allow` gave it. */
  get hasReadAllowed(): boolean {
    return this.#packetCount >= this.#haltsAt;
  }

  /**
   * Reads a chunk; the guard may keep views of it. Returns how many bytes it consumed: all of them
   * unless it halted or found a fault.
   */
  feed(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.#isStopped()) {
      if (this.#phase === 'ended') return chunk.length; // [MQTT-3.14.4-2]: nothing may follow.
      if (this.#stream !== undefined) at = this.#streamIn(this.#stream, chunk, at);
      else if (this.#held.bytes > 0) at = this.#complete(chunk, at);
      else at = this.#scan(chunk, at);
    }
    return at;
  }

  #isStopped(): boolean {
    return this.#halted || this.#fault !== undefined || this.hasReadAllowed;
  }

  /** Frames packets from `from` on until the chunk ends, the guard stops, or a stream begins. */
  #scan(chunk: Buffer, from: number): number {
    let runStart = from;
    let at = from;
    while (at < chunk.length) {
      const framing = this.#frame(chunk, at);
      if (framing === 'whole') {
        const bodyEnd = this.#bodyEnd;
        const taken = this.#takes(chunk, at);
        if (taken || this.#fault !== undefined) {
          if (at > runStart) this.#sink.pass(chunk.subarray(runStart, at));
          if (this.#fault !== undefined) return at;
          this.#take(chunk, at);
          runStart = bodyEnd;
        }
        at = bodyEnd;
        if (this.#isStopped() || this.#phase === 'ended') break;
        continue;
      }
      if (at > runStart) this.#sink.pass(chunk.subarray(runStart, at));
      if (framing === 'fault') return at;
      if (framing === 'streaming') return this.#bodyStart;
      this.#held.begin(chunk.subarray(at), chunk.length);
      return chunk.length;
    }
    if (at > runStart) this.#sink.pass(chunk.subarray(runStart, at));
    return at;
  }

  /** Adds to the packet that was begun; handles it when it is there. */
  #complete(chunk: Buffer, from: number): number {
    const end = this.#held.add(chunk, from);
    if (!this.#held.isComplete) return end;
    const packet = this.#held.take();
    const framing = this.#frame(packet, 0);
    if (framing === 'partial') {
      this.#held.begin(packet, packet.length);
    } else if (framing === 'whole') {
      if (this.#takes(packet, 0)) this.#take(packet, 0);
      else if (this.#fault === undefined) this.#sink.pass(packet);
    }
    return end;
  }

  /** Reads the fixed header at `at`; checks all that can be known before the body is there. */
  #frame(bytes: Buffer, at: number): Framing {
    const firstByte = bytes[at] ?? 0;
    const type = packetTypeOf(firstByte);
    if (this.#phase === 'connect' && type !== CONNECT) return this.#fail('before-connect');
    if (this.#phase === 'open' && type === CONNECT) return this.#fail('second-connect');
    const badFirstByte = firstByteFault(firstByte);
    if (badFirstByte !== undefined) return this.#fail(badFirstByte);

    let length = 0;
    let lengthBytes = 0;
    let byte: number;
    do {
      if (lengthBytes === LENGTH_BYTES_MAX) return this.#fail('remaining-length');
      if (at + 1 + lengthBytes >= bytes.length) return this.#held.needs(1 + lengthBytes + 1);
      byte = bytes[at + 1 + lengthBytes] ?? 0;
      length += (byte & 0x7f) * 2 ** (7 * lengthBytes);
      lengthBytes += 1;
    } while (byte >= 0x80);

    const headBytes = 1 + lengthBytes;
    this.#bodyStart = at + headBytes;
    this.#bodyEnd = this.#bodyStart + length;
    if (type === PUBLISH) {
      if (length > this.#limits.payloadBytesMax) return this.#frameLarge(bytes, at, firstByte);
    } else if (headBytes + length > (type === CONNECT ? CONNECT_BYTES_MAX : CONTROL_BYTES_MAX)) {
      return this.#fail('too-large');
    }
    return this.#bodyEnd <= bytes.length ? 'whole' : this.#held.needs(headBytes + length);
  }

  /** A PUBLISH whose body is above 1 MiB: its topic decides whether it is hashed or refused. */
  #frameLarge(bytes: Buffer, at: number, firstByte: number): Framing {
    const { payloadBytesMax, hashedBytesMax } = this.#limits;
    const start = this.#bodyStart;
    const end = this.#bodyEnd;
    if (end - start > hashedBytesMax + PUBLISH_HEAD_BYTES_MAX) return this.#fail('too-large');
    if (start + 2 > bytes.length) return this.#held.needs(start + 2 - at);
    const idBytes = publishQosOf(firstByte) === 0 ? 0 : 2;
    const payloadStart = start + 2 + bytes.readUInt16BE(start) + idBytes;
    if (payloadStart > bytes.length) return this.#held.needs(payloadStart - at);
    const payloadBytes = end - payloadStart;
    if (payloadBytes <= payloadBytesMax) {
      return end <= bytes.length ? 'whole' : this.#held.needs(end - at);
    }
    const head = readPublishHead(firstByte, bytes, { start, end });
    if (typeof head === 'string') return this.#fail(head);
    if (!goesTo(this.#takenTopic, bytes, head) || payloadBytes > hashedBytesMax)
      return this.#fail('too-large');
    this.#bodyStart = payloadStart;
    this.#stream = new HashedPayload({
      qos: publishQosOf(firstByte),
      packetId: head.packetId,
      length: payloadBytes,
    });
    return 'streaming';
  }

  /** Checks the whole packet at `at`; true when it is not for the broker's parser. */
  #takes(bytes: Buffer, at: number): boolean {
    const body = { start: this.#bodyStart, end: this.#bodyEnd };
    const firstByte = bytes[at] ?? 0;
    const type = packetTypeOf(firstByte);
    this.#packetCount += 1;
    if (type === PUBLISH) {
      const head = readPublishHead(firstByte, bytes, body);
      if (typeof head !== 'string') {
        this.#publishHead = head;
        return goesTo(this.#takenTopic, bytes, head);
      }
      this.#fail(head);
      return false;
    }
    if (type === CONNECT) return true;
    const fault = bodyFault(firstByte, bytes, body);
    if (fault !== undefined) this.#fail(fault);
    else if (type === DISCONNECT) this.#phase = 'ended';
    else if (isAnswer(type)) return this.#isTakenAnswer(type, bytes.readUInt16BE(body.start));
    else if (hasFilters(type)) {
      this.halt();
      this.#sink.filters(type, bytes.subarray(body.start, body.end));
    }
    return false;
  }

  #isTakenAnswer(type: number, packetId: number): boolean {
    const verdict = this.#sink.answered(type, packetId);
    if (verdict === 'unexpected') this.#fail('wrong-answer'); // [MQTT-4.8.0-1]
    return verdict === 'taken';
  }

  /** Hands the packet at `at`, for which `#takes` said yes, to the sink. */
  #take(bytes: Buffer, at: number): void {
    const firstByte = bytes[at] ?? 0;
    const type = packetTypeOf(firstByte);
    if (type === PUBLISH && this.#publishHead !== undefined) {
      this.#sink.submission({
        qos: publishQosOf(firstByte),
        packetId: this.#publishHead.packetId,
        payload: bytes.subarray(this.#publishHead.payloadStart, this.#bodyEnd),
        oversized: null,
      });
    } else if (type === CONNECT) {
      this.#takeConnect(bytes, at);
    }
  }

  #takeConnect(bytes: Buffer, at: number): void {
    const reading = readConnect(bytes, this.#bodyStart, this.#bodyEnd);
    switch (reading.kind) {
      case 'malformed':
        this.#fail('connect-malformed');
        return;
      case 'refused':
        this.#fault = { reason: reading.reason, answer: reading.answer };
        return;
      case 'connect':
        this.#phase = 'open';
        this.#halted = true;
        this.#sink.connect(
          reading.connect,
          bytes.subarray(at, this.#bodyEnd),
          reading.keepAliveAt - at,
        );
    }
  }

  #streamIn(stream: HashedPayload, chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + stream.remainingBytes);
    stream.update(chunk.subarray(from, end));
    if (stream.remainingBytes > 0) return end;
    this.#stream = undefined;
    this.#packetCount += 1;
    this.#sink.submission(stream.finish());
    return end;
  }

  #fail(reason: GuardFault['reason']): 'fault' {
    this.#fault = { reason };
    return 'fault';
  }
}
