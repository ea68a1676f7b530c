/**
 * What the broker writes to one client, as packets, on its way to the egress buffer:
 *
 * - CONNACK goes first ([MQTT-3.2.0-1]); what the broker has for a session that comes back waits;
 * - CONNACK says `sessionPresent`, if set: the broker knows a session by its subscriptions alone;
 * - the broker writes PUBACK before it has stored a message anywhere. After `holdAcknowledgements`
 *   each waits until `allow` says that its message is safe, and they leave in the order in which they
 *   were written ([MQTT-4.6.0-2]). Nothing else waits for them.
 */
import { FilterRequest } from './filter-request.ts';
import { CONNACK, packetTypeOf, PUBACK, SUBACK, UNSUBACK } from './packet-check.ts';

/** Deep enough to keep a group commit full; a client that sends faster is read more slowly. */
const OWED_MAX = 256;
/** A session that has more to hear before its CONNACK is not worth the memory. */
const EARLY_BYTES_MAX = 1024 * 1024;
const LENGTH_BITS = 7;
/** Behind the first byte and the remaining length, which is 2. */
const SESSION_PRESENT_AT = 2;

/** The connection, as far as it is needed here. */
export interface BrokerOutputTarget {
  send(bytes: Uint8Array): void;
  /** Few PUBACKs are held back again, after they were many. */
  _read(): void;
  /** The broker has answered a SUBSCRIBE or UNSUBSCRIBE. */
  readOn(): void;
  /** Too much waits for CONNACK. */
  abort(reason: 'egress-overflow'): void;
}

export type WriteCallback = (error?: Error | null) => void;

interface Owed {
  packetId: number;
  bytes: Uint8Array;
  isAllowed: boolean;
}

export class BrokerOutput {
  /** What an admitted client hears of its session ([MQTT-3.2.2-2], [MQTT-3.2.2-3]). */
  sessionPresent: boolean | undefined;
  readonly filters = new FilterRequest();
  readonly #target: BrokerOutputTarget;
  #isAnswered = false;
  #holdsAcknowledgements = false;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  readonly #owed: Owed[] = [];
  /** The packet that is being written. */
  #pieces: Uint8Array[] = [];
  #part: 'first' | 'length' | 'rest' = 'first';
  #type = 0;
  #lengthShift = 0;
  #remainingBytes = 0;

  constructor(target: BrokerOutputTarget) {
    this.#target = target;
  }

  /** So many PUBACKs are held back that nothing more should be read. */
  get owesMuch(): boolean {
    return this.#owed.length >= OWED_MAX;
  }

  /** Call it before CONNACK. */
  holdAcknowledgements(): void {
    this.#holdsAcknowledgements = true;
  }

  /** The message with this packet id is safe. */
  allow(packetId: number): void {
    const owed = this.#owed.find((each) => each.packetId === packetId && !each.isAllowed);
    if (owed !== undefined) owed.isAllowed = true;
    const owedBefore = this.#owed.length;
    while (this.#owed[0]?.isAllowed === true) {
      const next = this.#owed.shift();
      if (next !== undefined) this.#target.send(next.bytes);
    }
    if (owedBefore >= OWED_MAX && this.#owed.length < OWED_MAX) this.#target._read();
  }

  /** What a stream's `write` is given; never asks to wait. */
  accept(
    chunk: string | Uint8Array,
    encodingOrCallback?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): true {
    const encoding = typeof encodingOrCallback === 'string' ? encodingOrCallback : 'utf8';
    this.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    const done = typeof encodingOrCallback === 'function' ? encodingOrCallback : callback;
    if (done !== undefined) process.nextTick(done, null);
    return true;
  }

  write(bytes: Uint8Array): void {
    if (this.#isAnswered && !this.#holdsAcknowledgements && !this.filters.isOpen) {
      this.#target.send(bytes);
      return;
    }
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      at = this.#step(bytes, at);
      if (this.#part !== 'first') continue;
      this.#pieces.push(bytes.subarray(from, at));
      from = at;
      this.#complete();
    }
    if (from < bytes.length) this.#pieces.push(bytes.subarray(from));
  }

  /** Reads on from `at`; the part is `first` again when a packet has ended. */
  #step(bytes: Uint8Array, at: number): number {
    if (this.#part === 'rest') {
      const read = Math.min(this.#remainingBytes, bytes.length - at);
      this.#remainingBytes -= read;
      if (this.#remainingBytes === 0) this.#part = 'first';
      return at + read;
    }
    const byte = bytes[at] ?? 0;
    if (this.#part === 'first') {
      this.#type = packetTypeOf(byte);
      this.#remainingBytes = 0;
      this.#lengthShift = 0;
      this.#part = 'length';
    } else {
      this.#remainingBytes += (byte & 0x7f) * 2 ** this.#lengthShift;
      this.#lengthShift += LENGTH_BITS;
      if (byte < 0x80) this.#part = this.#remainingBytes === 0 ? 'first' : 'rest';
    }
    return at + 1;
  }

  #complete(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#type === CONNACK) {
      const connack = Buffer.concat(pieces);
      if (this.sessionPresent !== undefined)
        connack[SESSION_PRESENT_AT] = Number(this.sessionPresent);
      this.#target.send(connack);
      this.#isAnswered = true;
      for (const piece of this.#early.splice(0)) this.#target.send(piece);
    } else if (!this.#isAnswered) {
      this.#keepEarly(pieces);
    } else if (this.#type === PUBACK && this.#holdsAcknowledgements) {
      const bytes = Buffer.concat(pieces);
      this.#owed.push({ packetId: bytes.readUInt16BE(2), bytes, isAllowed: false });
    } else if (this.#type === SUBACK || this.#type === UNSUBACK) {
      this.#target.send(this.filters.answer(Buffer.concat(pieces)));
      this.#target.readOn();
    } else {
      for (const piece of pieces) this.#target.send(piece);
    }
  }

  #keepEarly(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#early.push(piece);
      this.#earlyBytes += piece.length;
    }
    if (this.#earlyBytes <= EARLY_BYTES_MAX) return;
    this.#early = [];
    this.#target.abort('egress-overflow');
  }
}
