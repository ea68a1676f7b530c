/**
 * Reads a CONNECT packet strictly (MQTT 3.1 and 3.1.1, section 3.1). Three ends are possible: it is
 * well formed, it deserves an answer before the connection closes (another protocol level, a client
 * id that may not be), or it is malformed and closes without one.
 */
import { isCleanText, isTopicNameBytes } from './packet-text.ts';

export interface ConnectPacket {
  /** 3 for MQTT 3.1, 4 for MQTT 3.1.1. */
  level: 3 | 4;
  cleanSession: boolean;
  /** 0 means that the client asked for no keep-alive. */
  keepAliveSeconds: number;
  clientId: string;
  userName: string | undefined;
  willTopic: string | undefined;
}

export type ConnectReading =
  /** `keepAliveAt`: where the two bytes of the keep-alive stand in the bytes that were read. */
  | { kind: 'connect'; connect: ConnectPacket; keepAliveAt: number }
  /** `answer` is sent, then the connection closes. */
  | { kind: 'refused'; reason: ConnectRefusal; answer: Buffer }
  | { kind: 'malformed' };

export type ConnectRefusal = 'protocol-level' | 'client-id';

/** CONNACK return code 0x01: unacceptable protocol level ([MQTT-3.1.2-2]). */
const LEVEL_REFUSED = Buffer.from([0x20, 0x02, 0x00, 0x01]);
/** MQTT 5.0 CONNACK: no session, reason 0x84 (Unsupported Protocol Version), no properties. */
const VERSION_5_REFUSED = Buffer.from([0x20, 0x03, 0x00, 0x84, 0x00]);
/** CONNACK return code 0x02: identifier rejected ([MQTT-3.1.3-8], [MQTT-3.1.3-9]). */
const CLIENT_ID_REFUSED = Buffer.from([0x20, 0x02, 0x00, 0x02]);

/** MQTT 3.1 section 3.1: a client id has between 1 and 23 characters. */
const VERSION_31_CLIENT_ID_MAX = 23;
/** A server may limit ids ([MQTT-3.1.3-5] asks for 23); longer ones only cost memory in each session. */
const CLIENT_ID_BYTES_MAX = 128;

const RESERVED_FLAG = 0x01;
const CLEAN_SESSION_FLAG = 0x02;
const WILL_FLAG = 0x04;
const WILL_QOS_SHIFT = 3;
const WILL_QOS_MASK = 0x03;
const WILL_RETAIN_FLAG = 0x20;
const PASSWORD_FLAG = 0x40;
const USER_NAME_FLAG = 0x80;

const MALFORMED: ConnectReading = { kind: 'malformed' };

/** Reads the packet's variable header and payload, which are `bytes[start, end)`. */
export function readConnect(bytes: Buffer, start: number, end: number): ConnectReading {
  const name = field(bytes, start, end);
  // Level, flags and keep-alive stand at the same place in every version.
  if (name === undefined || name.end + 4 > end) return MALFORMED;
  const protocol = bytes.toString('latin1', name.start, name.end);
  const level = bytes[name.end];
  if (protocol !== 'MQTT' && protocol !== 'MQIsdp') return MALFORMED;
  if (protocol === 'MQTT' && level === 5) {
    return { kind: 'refused', reason: 'protocol-level', answer: VERSION_5_REFUSED };
  }
  if (level !== (protocol === 'MQTT' ? 4 : 3)) {
    return { kind: 'refused', reason: 'protocol-level', answer: LEVEL_REFUSED };
  }
  const flags = bytes[name.end + 1] ?? 0;
  if (!areConsistent(flags)) return MALFORMED;
  return readPayload(bytes, { start: name.end + 4, end, flags, level });
}

/** [MQTT-3.1.2-3], [MQTT-3.1.2-11] to [MQTT-3.1.2-15], [MQTT-3.1.2-22]. */
function areConsistent(flags: number): boolean {
  if ((flags & RESERVED_FLAG) !== 0) return false;
  const willQos = (flags >> WILL_QOS_SHIFT) & WILL_QOS_MASK;
  if (willQos === 3) return false;
  if ((flags & WILL_FLAG) === 0 && (willQos !== 0 || (flags & WILL_RETAIN_FLAG) !== 0))
    return false;
  return (flags & USER_NAME_FLAG) !== 0 || (flags & PASSWORD_FLAG) === 0;
}

interface Payload {
  start: number;
  end: number;
  flags: number;
  level: 3 | 4;
}

function readPayload(bytes: Buffer, payload: Payload): ConnectReading {
  const { end, flags, level } = payload;
  const clientId = field(bytes, payload.start, end);
  if (clientId === undefined || !isCleanText(bytes, clientId.start, clientId.end)) return MALFORMED;
  let at = clientId.end;
  let willTopic: string | undefined;
  if ((flags & WILL_FLAG) !== 0) {
    const topic = field(bytes, at, end);
    if (topic === undefined || !isTopicNameBytes(bytes, topic.start, topic.end)) return MALFORMED;
    const message = field(bytes, topic.end, end);
    if (message === undefined) return MALFORMED;
    willTopic = bytes.toString('utf8', topic.start, topic.end);
    at = message.end;
  }
  let userName: string | undefined;
  if ((flags & USER_NAME_FLAG) !== 0) {
    const user = field(bytes, at, end);
    if (user === undefined || !isCleanText(bytes, user.start, user.end)) return MALFORMED;
    userName = bytes.toString('utf8', user.start, user.end);
    at = user.end;
  }
  if ((flags & PASSWORD_FLAG) !== 0) {
    const password = field(bytes, at, end);
    if (password === undefined) return MALFORMED;
    at = password.end;
  }
  if (at !== end) return MALFORMED;
  const cleanSession = (flags & CLEAN_SESSION_FLAG) !== 0;
  if (!isClientIdAllowed(clientId.end - clientId.start, level, cleanSession)) {
    return { kind: 'refused', reason: 'client-id', answer: CLIENT_ID_REFUSED };
  }
  const keepAliveAt = payload.start - 2;
  return {
    kind: 'connect',
    keepAliveAt,
    connect: {
      level,
      cleanSession,
      keepAliveSeconds: bytes.readUInt16BE(keepAliveAt),
      clientId: bytes.toString('utf8', clientId.start, clientId.end),
      userName,
      willTopic,
    },
  };
}

function isClientIdAllowed(length: number, level: 3 | 4, cleanSession: boolean): boolean {
  if (level === 3) return length >= 1 && length <= VERSION_31_CLIENT_ID_MAX;
  // [MQTT-3.1.3-8]: no id and a session to keep cannot go together.
  return length <= CLIENT_ID_BYTES_MAX && (length > 0 || cleanSession);
}

/** A length-prefixed field; undefined when it runs over the packet's end. */
function field(bytes: Buffer, at: number, end: number): { start: number; end: number } | undefined {
  if (at + 2 > end) return undefined;
  const length = bytes.readUInt16BE(at);
  if (at + 2 + length > end) return undefined;
  return { start: at + 2, end: at + 2 + length };
}
