/**
 * The decode guard: it never throws, holds a bounded amount, says the same however the bytes are cut,
 * and what it lets through is what the broker's own parser reads.
 */
import { strict as assert } from 'node:assert';
import mqttPacket from 'mqtt-packet';
import { DecodeGuard } from '../../platform/mqtt/decode-guard.ts';
import { cut } from './mutate.ts';
import { PacketSource } from './packet-source.ts';
import type { Random } from './random.ts';

const LIMITS = { payloadBytesMax: 2_000, hashedBytesMax: 4_000 };
/** The largest packet but a publish, and the chunk it came in. */
const HELD_BYTES_MAX = 2 * 64 * 1024 + 5;
const TAKEN = 'p/f';
/** One small enough to keep, one to hash, one to refuse. */
const LARGE = [1_500, 3_000, 9_000].map((size) =>
  mqttPacket.generate({
    cmd: 'publish',
    topic: TAKEN,
    payload: Buffer.alloc(size, 'x'),
    qos: 1,
    messageId: 5,
    dup: false,
    retain: false,
  }),
);

const source = new PacketSource({ userName: 'lab', password: 'secret' }, LARGE);

export function fuzzGuard(random: Random): void {
  const stream = source.stream(random);
  const whole = verdictOn([stream]);
  assert.deepEqual(verdictOn(cut(stream, random)), whole, 'chunks change the verdict');
  assertReadable(whole.passed);
}

interface Verdict {
  passed: string;
  submissions: string[];
  fault: string | undefined;
}

function verdictOn(chunks: readonly Buffer[]): Verdict {
  const passed: Buffer[] = [];
  const submissions: string[] = [];
  const guard = new DecodeGuard(
    {
      pass: (bytes) => void passed.push(Buffer.from(bytes)),
      connect: (_connect, bytes) => void passed.push(Buffer.from(bytes)),
      submission: ({ packetId, payload, oversized }) =>
        void submissions.push(
          `${packetId} ${payload?.toString('hex') ?? oversized?.sha256.toString('hex') ?? ''}`,
        ),
      answered: (_type, packetId) => (packetId === 1 ? 'pass' : 'taken'),
      filters: () => undefined,
    },
    LIMITS,
  );
  guard.takeTopic(TAKEN);
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length && guard.fault === undefined) {
      guard.release();
      at += guard.feed(chunk.subarray(at));
      assert.ok(guard.heldBytes <= HELD_BYTES_MAX, `${guard.heldBytes} bytes are held`);
    }
  }
  return { passed: Buffer.concat(passed).toString('hex'), submissions, fault: guard.fault?.reason };
}

function assertReadable(passed: string): void {
  const parser = mqttPacket.parser();
  parser.on('error', (error: Error) => {
    throw new assert.AssertionError({ message: `the broker's parser refuses: ${error.message}` });
  });
  const left = parser.parse(Buffer.from(passed, 'hex'));
  assert.equal(left, 0, 'what was passed on ends with a whole packet');
}
