/** The packets that are sent beside the broker, as bytes (MQTT 3.1.1 sections 3.3 to 3.5). */

const PUBLISH_FIRST_BYTE = 0x30;
const QOS_1_FLAG = 0x02;
const PUBACK_FIRST_BYTE = 0x40;
const PUBREC_FIRST_BYTE = 0x50;
const LENGTH_BITS = 7;

/** PUBACK for QoS 1, PUBREC for QoS 2. */
export function encodeAcknowledgement(qos: 1 | 2, packetId: number): Buffer {
  const packet = Buffer.allocUnsafe(4);
  packet[0] = qos === 1 ? PUBACK_FIRST_BYTE : PUBREC_FIRST_BYTE;
  packet[1] = 2;
  packet.writeUInt16BE(packetId, 2);
  return packet;
}

/** A PUBLISH without retain or DUP; `packetId` undefined means QoS 0, else QoS 1. */
export function encodePublish(
  topic: Uint8Array,
  payload: Uint8Array,
  packetId: number | undefined,
): Buffer {
  const idBytes = packetId === undefined ? 0 : 2;
  const length = 2 + topic.length + idBytes + payload.length;
  const lengthBytes = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
  const packet = Buffer.allocUnsafe(1 + lengthBytes + length);
  packet[0] = packetId === undefined ? PUBLISH_FIRST_BYTE : PUBLISH_FIRST_BYTE | QOS_1_FLAG;
  let rest = length;
  for (let at = 1; at <= lengthBytes; at += 1) {
    packet[at] = (rest & 0x7f) | (at < lengthBytes ? 0x80 : 0);
    rest >>>= LENGTH_BITS;
  }
  let at = packet.writeUInt16BE(topic.length, 1 + lengthBytes);
  packet.set(topic, at);
  at += topic.length;
  if (packetId !== undefined) at = packet.writeUInt16BE(packetId, at);
  packet.set(payload, at);
  return packet;
}
