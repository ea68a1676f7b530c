/**
 * Which deliveries to a client are open, so that an answer of the wrong kind is seen for what it is:
 * PUBREC for a QoS 1 message, PUBACK for a QoS 2 one, PUBCOMP before PUBREC. Those break the flows of
 * MQTT 3.1.1 section 4.3 and close the connection ([MQTT-4.8.0-1]).
 *
 * It reads the bytes that leave, in whatever pieces the broker writes them, and looks at nothing but
 * fixed headers and packet ids. An answer to an id that is not open changes nothing: it may be late,
 * or for a session that began before this connection.
 */
import { PUBACK, PUBCOMP, PUBLISH, PUBREL, packetTypeOf, publishQosOf } from './packet-check.ts';

/** Open deliveries to one client; who never answers is no longer checked on the oldest. */
export const OPEN_DELIVERIES_MAX = 4096;

type Awaits = 'puback' | 'pubrec' | 'pubcomp';
type Part = 'first' | 'length' | 'topic-length' | 'topic' | 'packet-id' | 'rest';

export class Deliveries {
  readonly #open = new Map<number, Awaits>();
  #part: Part = 'first';
  #firstByte = 0;
  #lengthShift = 0;
  /** Bytes of the packet at hand that have not left yet. */
  #remainingBytes = 0;
  /** A number of two bytes whose first is here; undefined between numbers. */
  #highByte: number | undefined;
  #topicBytes = 0;

  get openCount(): number {
    return this.#open.size;
  }

  /** Bytes that go to the client, next after those before. */
  sent(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#part === 'rest') at += this.#skip(bytes.length - at, this.#remainingBytes);
      else if (this.#part === 'topic') at += this.#skipTopic(bytes.length - at);
      else {
        this.#read(bytes[at] ?? 0);
        at += 1;
      }
    }
  }

  /** Takes a PUBACK, PUBREC or PUBCOMP; false when the client owes another answer for this id. */
  answered(type: number, packetId: number): boolean {
    const awaits = this.#open.get(packetId);
    if (awaits === undefined) return true;
    if (type === PUBACK || type === PUBCOMP) {
      if (awaits !== (type === PUBACK ? 'puback' : 'pubcomp')) return false;
      this.#open.delete(packetId);
      return true;
    }
    if (awaits === 'puback') return false;
    this.#open.set(packetId, 'pubcomp');
    return true;
  }

  #read(byte: number): void {
    switch (this.#part) {
      case 'first':
        this.#firstByte = byte;
        this.#part = 'length';
        this.#remainingBytes = 0;
        this.#lengthShift = 0;
        return;
      case 'length':
        this.#remainingBytes += (byte & 0x7f) * 2 ** this.#lengthShift;
        this.#lengthShift += 7;
        if (byte < 0x80) this.#enter(this.#partAfterLength());
        return;
      case 'topic-length':
        this.#topicBytes = this.#number(byte) ?? 0;
        if (this.#highByte === undefined) this.#enter('topic');
        return;
      default: {
        const packetId = this.#number(byte);
        if (packetId === undefined) return;
        this.#opened(packetId);
        this.#enter('rest');
      }
    }
  }

  #partAfterLength(): Part {
    const type = packetTypeOf(this.#firstByte);
    if (type === PUBREL) return 'packet-id';
    return type === PUBLISH && publishQosOf(this.#firstByte) > 0 ? 'topic-length' : 'rest';
  }

  #enter(part: Part): void {
    if (part === 'topic' && this.#topicBytes === 0) this.#part = 'packet-id';
    else if (part === 'rest' && this.#remainingBytes === 0) this.#part = 'first';
    else this.#part = part;
  }

  /** Gives the number once its second byte is here. */
  #number(byte: number): number | undefined {
    this.#remainingBytes -= 1;
    if (this.#highByte === undefined) {
      this.#highByte = byte;
      return undefined;
    }
    const value = this.#highByte * 256 + byte;
    this.#highByte = undefined;
    return value;
  }

  #skipTopic(availableBytes: number): number {
    const skipped = Math.min(availableBytes, this.#topicBytes);
    this.#topicBytes -= skipped;
    this.#remainingBytes -= skipped;
    if (this.#topicBytes === 0) this.#part = 'packet-id';
    return skipped;
  }

  #skip(availableBytes: number, wantedBytes: number): number {
    const skipped = Math.min(availableBytes, wantedBytes);
    this.#remainingBytes -= skipped;
    if (this.#remainingBytes === 0) this.#part = 'first';
    return skipped;
  }

  #opened(packetId: number): void {
    const isRelease = packetTypeOf(this.#firstByte) === PUBREL;
    const awaits = isRelease
      ? 'pubcomp'
      : publishQosOf(this.#firstByte) === 1
        ? 'puback'
        : 'pubrec';
    this.#open.delete(packetId);
    this.#open.set(packetId, awaits);
    if (this.#open.size <= OPEN_DELIVERIES_MAX) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.#open.delete(oldest);
  }
}
