/** Changes to bytes that were valid: small ones anywhere, and some that keep an MQTT packet's frame. */
import { remainingLength } from '../support/mqtt-sequence.ts';
import type { Random } from './random.ts';

const CHANGES_MAX = 4;
const RUN_BYTES_MAX = 64;
/** Bytes that mean something: borders of UTF-8, of lengths, of flags, wildcards, JSON's signs. */
const TELLING = Buffer.from('00010207f7f8080c0dfeff2b232f24227b7d5b5d2c3a2d2e305c', 'hex');

/** One to four changes somewhere in `bytes`. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = bytes;
  const changes = 1 + random.below(CHANGES_MAX);
  for (let change = 0; change < changes; change += 1) mutated = changeOnce(mutated, random);
  return mutated;
}

function changeOnce(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(Math.min(RUN_BYTES_MAX, bytes.length - at + 1));
  const [before, run, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, run, run, after]);
    case 2:
      return Buffer.concat([before, random.bytes(length), bytes.subarray(at)]);
    case 3:
      return before;
    case 4: {
      const other = random.below(bytes.length + 1);
      return Buffer.concat([before, bytes.subarray(other, other + length), bytes.subarray(at)]);
    }
    case 5:
      return Buffer.concat([
        before,
        Buffer.from([random.pick([...TELLING])]),
        bytes.subarray(at + 1),
      ]);
    default: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
  }
}

/** Changes a packet; half of the time its remaining length fits afterwards, so that more is read. */
export function mutatePacket(packet: Buffer, random: Random): Buffer {
  if (random.chance(50)) return mutate(packet, random);
  let bodyAt = 1;
  while (bodyAt < 5 && (packet[bodyAt] ?? 0) >= 0x80) bodyAt += 1;
  const body = mutate(packet.subarray(bodyAt + 1), random);
  return Buffer.concat([packet.subarray(0, 1), remainingLength(body.length), body]);
}

/** Cuts bytes into chunks, mostly small, sometimes all in one. */
export function cut(bytes: Buffer, random: Random): Buffer[] {
  if (random.chance(25)) return [bytes];
  const chunkBytesMax = random.pick([1, 3, 16, 256]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(chunkBytesMax);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}
