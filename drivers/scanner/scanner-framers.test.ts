/** The three framers of scanners: any chunking, garbage, caps, published vectors. */
import fc from 'fast-check';
import t from 'tap';
import type { Framed, Framer } from '../framer.ts';
import { CODE_BYTES_MAX, DelimitedFramer } from './delimited-framer.ts';
import { HidPosFramer } from './hid-pos-framer.ts';
import { SSI, SSI_BYTES_MAX, SsiFramer, encodeSsi, ssiCommand } from './ssi-framer.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const join = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function run<F>(framer: Framer<F>, chunks: readonly Uint8Array[], flush = false): Framed<F>[] {
  const framed = chunks.flatMap((chunk) => [...framer.push(chunk)]);
  return flush ? [...framed, ...framer.flush()] : framed;
}

const framesOf = <F>(framed: readonly Framed<F>[]): F[] =>
  framed.flatMap((item) => (item.type === 'frame' ? [item.frame] : []));

function report(text: string, continued = false, shift = 0): Uint8Array {
  const body = new Uint8Array(64);
  const data = bytes(text);
  body.set([0x02, data.length]);
  body.set(bytes(']E0'), 2 + shift);
  body.set(data, 5 + shift);
  body[63] = Number(continued);
  return body;
}

interface Kind {
  readonly make: () => Framer<unknown>;
  readonly frames: readonly Uint8Array[];
  readonly cap: number;
  /** How many good frames garbage may spoil. */
  readonly lost: number;
}

const decoded = (text: string): Uint8Array =>
  encodeSsi({ opcode: SSI.decodeData, source: SSI.decoder, status: 0, data: bytes(text) });

const KINDS: Readonly<Record<string, Kind>> = {
  'delimited, CR': {
    make: () => new DelimitedFramer({ prefix: bytes(''), suffixes: [bytes('\r')] }),
    ...{ frames: [bytes('4006381333931\r'), bytes(']C0ABC\r')], cap: CODE_BYTES_MAX, lost: 1 },
  },
  'delimited, prefix and CR LF': {
    make: () => new DelimitedFramer({ prefix: bytes('\x02'), suffixes: [bytes('\r\n')] }),
    ...{ frames: [bytes('\x024006381333931\r\n')], cap: CODE_BYTES_MAX, lost: 0 },
  },
  ssi: {
    make: () => new SsiFramer(),
    ...{ frames: [decoded('\x0b4006381333931'), ssiCommand(SSI.ack)], cap: SSI_BYTES_MAX, lost: 0 },
  },
  'hid-pos': {
    make: () => new HidPosFramer(2),
    ...{ frames: [report('4006381333931'), report('ABC', true)], cap: 64, lost: 1 },
  },
};

const noise = fc.uint8Array({ maxLength: 70 });
const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 });

for (const [name, { make, frames, cap, lost }] of Object.entries(KINDS)) {
  void t.test(`${name}: any chunking gives the same frames`, (t) => {
    const stream = fc.array(fc.oneof(fc.constantFrom(...frames), noise), { maxLength: 8 });
    fc.assert(
      fc.property(stream, sizes, (parts, cuts) => {
        const whole = join(parts);
        t.strictSame(
          framesOf(run(make(), cut(whole, cuts), true)),
          framesOf(run(make(), [whole], true)),
        );
      }),
      { numRuns: 60 },
    );
    t.end();
  });

  void t.test(`${name}: garbage never throws and spoils at most ${lost} good frames`, (t) => {
    const good = fc.array(fc.constantFrom(...frames), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(noise, good, (garbage, wanted) => {
        const framer = make();
        const got = framesOf(run(framer, [garbage, ...wanted], true)).map((frame) =>
          JSON.stringify(frame),
        );
        const expected = framesOf(run(make(), wanted)).map((frame) => JSON.stringify(frame));
        t.strictSame(got.slice(lost - expected.length), expected.slice(lost));
        t.equal(framer.bufferedBytes, 0);
      }),
      { numRuns: 150 },
    );
    t.end();
  });

  void t.test(`${name}: every byte of noise is told, and little of it waits`, (t) => {
    const framer = make();
    let told = 0;
    const block = new Uint8Array(4_096).map((_, at) => [0x41, 0x02, 0x38, 0x5d][at % 4] ?? 0);
    for (let turn = 0; turn < 16; turn += 1) {
      for (const item of framer.push(block)) told += item.bytes.length;
      if (framer.bufferedBytes > cap) t.fail('above the cap');
    }
    for (const item of framer.flush()) told += item.bytes.length;
    t.equal(told, 16 * 4_096);
    t.end();
  });
}

void t.test('SSI packets as published', (t) => {
  t.strictSame([...ssiCommand(SSI.ack)], [0x04, 0xd0, 0x04, 0x00, 0xff, 0x28]);
  t.strictSame([...ssiCommand(SSI.nak, [1])], [0x05, 0xd1, 0x04, 0x00, 0x01, 0xff, 0x25]);
  const [packet] = framesOf(run(new SsiFramer(), [decoded('\x0b4006381333931')]));
  t.match(packet, { opcode: 0xf3, source: 0, status: 0 });
  const damaged = decoded('\x0b4006381333931').with(6, 0x39);
  const framed = run(new SsiFramer(), [damaged, decoded('\x0bX')], true);
  t.match(framed[0], { type: 'discarded', why: 'checksum' });
  t.equal(framesOf(framed).length, 1);
  t.end();
});

void t.test('delimiters: an endless code is skipped, an open one is let go', (t) => {
  const framer = new DelimitedFramer({ prefix: bytes(''), suffixes: [bytes('\r'), bytes('\n')] });
  const framed = run(framer, [new Uint8Array(20_000).fill(0x41), bytes('\r\n123\r\n')]);
  t.strictSame(framesOf(framed), [bytes('123')]);
  t.equal(framed.filter((item) => item.type === 'discarded').length, 2);
  framer.push(bytes('half'));
  t.match(framer.flush(), [{ type: 'discarded', why: 'incomplete' }]);
  t.strictSame(framer.flush(), []);
  const silent = new DelimitedFramer({ prefix: bytes(''), suffixes: [] });
  t.strictSame(framesOf(run(silent, [bytes('40063'), bytes('81333931')], true)), [
    bytes('4006381333931'),
  ]);
  t.end();
});

void t.test('HID-POS: the AIM identifier is found where the unit puts it', (t) => {
  const frameOf = (given: Uint8Array, id = 2): unknown =>
    framesOf(run(new HidPosFramer(id), [given]))[0];
  t.match(frameOf(report('4006381333931')), { aim: ']E0', data: bytes('4006381333931') });
  t.match(frameOf(report('4006381333931', false, 1)), { aim: ']E0', data: bytes('4006381333931') });
  t.match(frameOf(report('AB', true)), { isContinued: true });
  const without = report('4006381333931');
  without.fill(0, 2, 5);
  t.match(frameOf(without), { aim: undefined, data: bytes('4006381333931') });
  t.match(frameOf(report('77').subarray(1), 0), { aim: ']E0', data: bytes('77') });
  t.equal(frameOf(report('x').with(1, 57)), undefined);
  t.end();
});
