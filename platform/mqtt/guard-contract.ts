/** What the decode guard says and to whom, apart from how it finds out (decode-guard.ts). */
import type { ConnectPacket, ConnectRefusal } from './connect-packet.ts';
import type { PacketFault } from './packet-check.ts';

export type GuardFault = {
  reason:
    | PacketFault
    | ConnectRefusal
    | 'connect-malformed'
    | 'second-connect'
    | 'before-connect'
    | 'wrong-answer'
    | 'remaining-length'
    | 'too-large';
  /** What the client is told before the connection closes; absent where MQTT has no answer. */
  answer?: Buffer;
};

export interface Submission {
  qos: 0 | 1 | 2;
  /** 0 for QoS 0. */
  packetId: number;
  /** The payload; a view of memory that the guard does not touch again. Null when too large. */
  payload: Buffer | null;
  /** What is left of a payload above 1 MiB. */
  oversized: { length: number; sha256: Buffer; firstByte: number } | null;
}

/** `taken`: the message was not the broker's; `unexpected`: the message asks for another answer. */
export type AnswerVerdict = 'pass' | 'taken' | 'unexpected';

export interface GuardSink {
  /** Clean packets, or one packet, in the order they came. */
  pass(bytes: Buffer): void;
  /** The CONNECT; `bytes` is the packet, `keepAliveAt` where its keep-alive stands in it. */
  connect(connect: ConnectPacket, bytes: Buffer, keepAliveAt: number): void;
  submission(submission: Submission): void;
  /** A PUBACK, PUBREC or PUBCOMP. */
  answered(type: number, packetId: number): AnswerVerdict;
  /** A SUBSCRIBE or UNSUBSCRIBE, which is passed next; then the guard halts. */
  filters(type: number, body: Buffer): void;
}

export interface GuardLimits {
  /** Payload of a PUBLISH that is handed over or passed on. */
  payloadBytesMax: number;
  /** Payload of a PUBLISH to the taken topic that is hashed as it streams. */
  hashedBytesMax: number;
}

export const DEFAULT_GUARD_LIMITS: GuardLimits = {
  payloadBytesMax: 1024 * 1024,
  hashedBytesMax: 4 * 1024 * 1024,
};
