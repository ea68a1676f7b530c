/** Bytes as WebSocket frames of a client (RFC 6455 section 5.2), for the fuzzer to spoil. */
import type { Random } from './random.ts';

export const UPGRADE = Buffer.from(
  'GET /mqtt HTTP/1.1\r\nHost: store\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Protocol: mqtt\r\n\r\n',
);

const FINAL = 0x80;
const MASKED = 0x80;
const CONTINUATION = 0;
const BINARY = 2;
const PING = 9;

/** The chunks as frames: whole messages, or one in fragments with pings between them. */
export function frames(chunks: readonly Buffer[], random: Random): Buffer[] {
  const isFragmented = random.chance(30);
  return chunks.flatMap((chunk, at) => {
    const isLast = at === chunks.length - 1;
    const opcode = isFragmented && at > 0 ? CONTINUATION : BINARY;
    const first = (!isFragmented || isLast ? FINAL : 0) | opcode;
    const one = frame(first, chunk, random);
    return random.chance(5) ? [frame(FINAL | PING, Buffer.from('p'), random), one] : [one];
  });
}

function frame(firstByte: number, payload: Buffer, random: Random): Buffer {
  const mask = random.bytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = firstByte;
  head[1] = MASKED | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, mask, masked]);
}
