/**
 * The SUBSCRIBE or UNSUBSCRIBE that the broker is at; a client has one at a time. What it guarantees:
 *
 * - the next packet is read when the broker has answered. It works side by side on all it is given,
 *   and takes a SUBSCRIBE right behind the UNSUBSCRIBE of the same filter for a repetition;
 * - a filter that stands twice in one SUBSCRIBE has two return codes ([MQTT-3.8.4-5]). The broker
 *   joins the two, the later QoS in the earlier place, and answers once.
 */
import { SUBSCRIBE } from './packet-check.ts';

interface Asked {
  /** Which of the different filters. */
  at: number;
  qos: number;
}

const REFUSED = 0x80;
const SUBACK_FIRST_BYTE = 0x90;
const PACKET_ID_BYTES = 2;
const LENGTH_BITS = 7;

export class FilterRequest {
  #isOpen = false;
  /** What was asked for, in its order; undefined when every filter stands once. */
  #asked: readonly Asked[] | undefined;

  /** The broker has not answered yet. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** `body` is that of a well-formed packet. */
  begin(type: number, body: Buffer): void {
    this.#isOpen = true;
    this.#asked = type === SUBSCRIBE ? repeatedIn(body) : undefined;
  }

  /** Takes the broker's SUBACK or UNSUBACK and gives the client's. */
  answer(bytes: Buffer): Buffer {
    const asked = this.#asked;
    this.#isOpen = false;
    this.#asked = undefined;
    if (asked === undefined) return bytes;
    const codesAt = bytes.length - Math.max(...asked.map(({ at }) => at)) - 1;
    const codes = asked.map(({ at, qos }) => (bytes[codesAt + at] === REFUSED ? REFUSED : qos));
    const packetId = bytes.subarray(codesAt - PACKET_ID_BYTES, codesAt);
    const length = remainingLength(PACKET_ID_BYTES + codes.length);
    return Buffer.from([SUBACK_FIRST_BYTE, ...length, ...packetId, ...codes]);
  }
}

/** The filters of a SUBSCRIBE, if one of them stands there more than once. */
function repeatedIn(body: Buffer): Asked[] | undefined {
  const places = new Map<string, number>();
  const asked: Asked[] = [];
  for (let start = PACKET_ID_BYTES; start < body.length;) {
    const end = start + 2 + body.readUInt16BE(start);
    const filter = body.toString('latin1', start + 2, end);
    const at = places.get(filter) ?? places.size;
    places.set(filter, at);
    asked.push({ at, qos: body[end] ?? 0 });
    start = end + 1;
  }
  return places.size < asked.length ? asked : undefined;
}

function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  for (; rest > 0x7f; rest >>>= LENGTH_BITS) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
