import fc from 'fast-check';
import t from 'tap';
import type { Framed } from '../../framer.ts';
import type { PrinterFrame } from './printer-frame.ts';
import { createStatusFramer } from './status-framer.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];

/** Frames, and the noise between them as one list of bytes. */
function read(chunks: readonly Uint8Array[], expects = { text: true, sensor: true }) {
  const framer = createStatusFramer(expects);
  const all: Framed<PrinterFrame>[] = chunks.flatMap((chunk) => [...framer.push(chunk)]);
  all.push(...framer.flush());
  return {
    frames: all.flatMap((one) => (one.type === 'frame' ? [one.frame] : [])),
    noise: all.flatMap((one) => (one.type === 'discarded' ? [...one.bytes] : [])),
    taken: all.flatMap((one) => [...one.bytes]),
  };
}

void t.test('tells the kinds of answers apart in one stream', (t) => {
  const stream = bytes(
    ...[0x12, 0x32],
    ...[0x14, 0x00, 0x0c, 0x0f],
    ...[0x37, 0x22, 0x31, 0x32, 0x33, 0x34, 0x00],
    ...[0x37, 0x25, 0x00],
    ...[0x5f, ...ascii('TM-T88V'), 0x00],
    ...[0x03, 0x12],
  );
  const { frames, noise } = read([stream]);
  t.strictSame(frames, [
    { type: 'realTime', value: 0x12 },
    { type: 'realTime', value: 0x32 },
    { type: 'automatic', bytes: [0x14, 0x00, 0x0c, 0x0f] },
    { type: 'processId', id: '1234' },
    { type: 'cleared' },
    { type: 'text', text: 'TM-T88V' },
    { type: 'sensor', value: 0x03 },
    { type: 'realTime', value: 0x12 },
  ]);
  t.strictSame(noise, []);
  t.end();
});

void t.test('what was not asked for is noise', (t) => {
  const stream = bytes(0x00, 0x5f, 0x41, 0x00, 0x12);
  const { frames, noise } = read([stream], { text: false, sensor: false });
  t.strictSame(frames, [{ type: 'realTime', value: 0x12 }]);
  t.strictSame(noise, [0x00, 0x5f, 0x41, 0x00]);
  t.end();
});

const goodFrame = fc.oneof(
  fc.constantFrom(0x12, 0x16, 0x1a, 0x32, 0x72).map((byte) => [byte]),
  fc
    .tuple(fc.constantFrom(0x10, 0x14, 0x18, 0x38), fc.constantFrom(0, 4, 8, 0x60), fc.nat(0x0f))
    .map(([first, second, third]) => [first, second, third, 0x0f]),
  fc
    .array(fc.integer({ min: 0x20, max: 0x7e }), { minLength: 4, maxLength: 4 })
    .map((id) => [0x37, 0x22, ...id, 0x00]),
  fc.constant([0x37, 0x25, 0x00]),
);
const noise = fc.uint8Array({ maxLength: 40 });
const mixed = fc.array(
  fc.oneof(
    goodFrame,
    noise.map((some) => [...some]),
  ),
  { maxLength: 12 },
);

void t.test('any chunking gives the same, and no byte is lost or doubled', (t) => {
  fc.assert(
    fc.property(
      mixed,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (parts, cuts) => {
        const stream = Uint8Array.from(parts.flat());
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        const whole = read([stream]);
        t.strictSame(read(chunks), whole);
        t.strictSame(whole.taken, [...stream]);
      },
    ),
    { numRuns: 300 },
  );
  t.end();
});

void t.test('noise swallows at most one of the frames that follow', (t) => {
  fc.assert(
    fc.property(noise, fc.array(goodFrame, { minLength: 1, maxLength: 6 }), (before, good) => {
      const quiet = { text: false, sensor: false };
      const wanted = good.flatMap((frame) => read([Uint8Array.from(frame)], quiet).frames);
      const { frames } = read([before, Uint8Array.from(good.flat())], quiet);
      const found = frames.slice(-wanted.length);
      const lost = wanted.length - commonEnd(found, wanted);
      t.ok(lost <= 1, `lost ${lost} of ${wanted.length}`);
    }),
    { numRuns: 1000 },
  );
  t.end();
});

function commonEnd(found: readonly unknown[], wanted: readonly unknown[]): number {
  let same = 0;
  while (
    same < wanted.length &&
    JSON.stringify(found.at(-1 - same)) === JSON.stringify(wanted.at(-1 - same))
  ) {
    same += 1;
  }
  return same;
}

void t.test('noise that looks like a text gives way to what follows it', (t) => {
  const { frames } = read([bytes(0x5f, 0x37, 0x22, ...ascii('abcd'), 0x00)]);
  t.strictSame(frames, [{ type: 'processId', id: 'abcd' }]);
  const second = read([bytes(0x5f, 0x41, 0x5f, ...ascii('EPSON'), 0x00)]);
  t.strictSame(second.frames, [{ type: 'text', text: 'EPSON' }]);
  t.end();
});

void t.test('a megabyte of noise holds no memory and takes linear time', (t) => {
  const framer = createStatusFramer();
  let state = 1;
  let most = 0;
  for (let part = 0; part < 256; part += 1) {
    const chunk = new Uint8Array(4096);
    for (let at = 0; at < chunk.length; at += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      chunk[at] = state >>> 16;
    }
    framer.push(chunk);
    most = Math.max(most, framer.bufferedBytes);
  }
  t.ok(most <= 82, `held ${most} bytes`);
  t.end();
});
