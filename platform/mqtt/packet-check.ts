/**
 * What MQTT 3.1.1 demands of a packet that a server receives, apart from CONNECT: the first byte
 * (packet type and flags), and the body of each type once it is complete. A reason means that the
 * connection must close ([MQTT-4.8.0-1], [MQTT-2.2.2-2]).
 */
import { isTopicFilterBytes, isTopicNameBytes } from './packet-text.ts';

export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBSCRIBE = 10;
export const UNSUBACK = 11;
export const PINGREQ = 12;
export const DISCONNECT = 14;

export type PacketFault =
  'packet-type' | 'flags' | 'qos' | 'body-length' | 'topic' | 'filter' | 'packet-id' | 'empty-list';

const TYPE_SHIFT = 4;
const FLAGS_MASK = 0x0f;
const QOS_SHIFT = 1;
const QOS_MASK = 0x03;
const DUP_FLAG = 0x08;

/** MQTT 3.1.1 table 2.2: the flags of each type that a client may send; PUBLISH is apart. */
const REQUIRED_FLAGS = new Map([
  [CONNECT, 0],
  [PUBACK, 0],
  [PUBREC, 0],
  [PUBREL, 2],
  [PUBCOMP, 0],
  [SUBSCRIBE, 2],
  [UNSUBSCRIBE, 2],
  [PINGREQ, 0],
  [DISCONNECT, 0],
]);

const FIRST_BYTE_FAULTS: readonly (PacketFault | undefined)[] = Array.from(
  { length: 256 },
  (_, firstByte) => judgeFirstByte(firstByte),
);

function judgeFirstByte(firstByte: number): PacketFault | undefined {
  const type = firstByte >> TYPE_SHIFT;
  if (type === PUBLISH) {
    const qos = (firstByte >> QOS_SHIFT) & QOS_MASK;
    if (qos === 3) return 'qos'; // [MQTT-3.3.1-4]
    return qos === 0 && (firstByte & DUP_FLAG) !== 0 ? 'flags' : undefined; // [MQTT-3.3.1-2]
  }
  const flags = REQUIRED_FLAGS.get(type);
  if (flags === undefined) return 'packet-type';
  return (firstByte & FLAGS_MASK) === flags ? undefined : 'flags';
}

/** The fault in a packet's first byte, if there is one. */
export function firstByteFault(firstByte: number): PacketFault | undefined {
  return FIRST_BYTE_FAULTS[firstByte];
}

export function packetTypeOf(firstByte: number): number {
  return firstByte >> TYPE_SHIFT;
}

/** Does a client answer a delivery with this type? */
export function isAnswer(type: number): boolean {
  return type === PUBACK || type === PUBREC || type === PUBCOMP;
}

export function hasFilters(type: number): boolean {
  return type === SUBSCRIBE || type === UNSUBSCRIBE;
}

export function publishQosOf(firstByte: number): 0 | 1 | 2 {
  const qos = (firstByte >> QOS_SHIFT) & QOS_MASK;
  return qos === 1 ? 1 : qos === 2 ? 2 : 0;
}

/** Checks the body `bytes[start, end)` of a complete packet that is neither CONNECT nor PUBLISH. */
export function bodyFault(
  firstByte: number,
  bytes: Buffer,
  body: { start: number; end: number },
): PacketFault | undefined {
  const { start, end } = body;
  switch (packetTypeOf(firstByte)) {
    case PINGREQ:
    case DISCONNECT:
      return start === end ? undefined : 'body-length';
    case SUBSCRIBE:
      return listFault(bytes, { start, end, hasQos: true });
    case UNSUBSCRIBE:
      return listFault(bytes, { start, end, hasQos: false });
    default:
      if (end - start !== 2) return 'body-length';
      return bytes.readUInt16BE(start) === 0 ? 'packet-id' : undefined;
  }
}

/** [MQTT-3.8.3-3], [MQTT-3.8.3-4], [MQTT-3.10.3-2], [MQTT-2.3.1-1]. */
function listFault(
  bytes: Buffer,
  list: { start: number; end: number; hasQos: boolean },
): PacketFault | undefined {
  const { start, end, hasQos } = list;
  if (start + 2 > end) return 'body-length';
  if (bytes.readUInt16BE(start) === 0) return 'packet-id';
  let at = start + 2;
  if (at === end) return 'empty-list';
  while (at < end) {
    if (at + 2 > end) return 'body-length';
    const filterEnd = at + 2 + bytes.readUInt16BE(at);
    if (filterEnd + (hasQos ? 1 : 0) > end) return 'body-length';
    if (!isTopicFilterBytes(bytes, at + 2, filterEnd)) return 'filter';
    if (hasQos && (bytes[filterEnd] ?? 0) > 2) return 'qos';
    at = filterEnd + (hasQos ? 1 : 0);
  }
  return undefined;
}

/** Where the parts of a PUBLISH lie, once its topic and packet id are there. */
export interface PublishHead {
  topicStart: number;
  topicEnd: number;
  /** 0 for QoS 0, which has none. */
  packetId: number;
  payloadStart: number;
}

/** Reads and checks the variable header of a PUBLISH whose body is `bytes[start, end)`. */
export function readPublishHead(
  firstByte: number,
  bytes: Buffer,
  body: { start: number; end: number },
): PublishHead | PacketFault {
  const { start, end } = body;
  if (start + 2 > end) return 'body-length';
  const topicEnd = start + 2 + bytes.readUInt16BE(start);
  const payloadStart = topicEnd + (publishQosOf(firstByte) === 0 ? 0 : 2);
  if (payloadStart > end) return 'body-length';
  if (!isTopicNameBytes(bytes, start + 2, topicEnd)) return 'topic';
  const packetId = payloadStart === topicEnd ? 0 : bytes.readUInt16BE(topicEnd);
  if (packetId === 0 && payloadStart !== topicEnd) return 'packet-id';
  return { topicStart: start + 2, topicEnd, packetId, payloadStart };
}

/** Does the PUBLISH go to just this topic? No PUBLISH goes to an empty one. */
export function goesTo(topic: Buffer, bytes: Buffer, head: PublishHead): boolean {
  const { topicStart, topicEnd } = head;
  if (topic.length === 0 || topic.length !== topicEnd - topicStart) return false;
  return topic.compare(bytes, topicStart, topicEnd) === 0;
}
