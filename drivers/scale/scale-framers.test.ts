/** The framer of each protocol: any chunking, garbage, the cap; published byte vectors; probing. */
import fc from 'fast-check';
import t from 'tap';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { Dialog06 } from './dialog-06.ts';
import { MtSics } from './mt-sics.ts';
import { Nci } from './nci.ts';
import { bytesOf, latin1 } from './record-framer.ts';
import type { ScaleDialect } from './scale-dialect.ts';
import { SCALE_DRIVERS } from './scale-drivers.ts';
import { SCALE_SIMULATORS } from './scale-simulator.ts';
import { Toledo8217 } from './toledo-8217.ts';

const PROTOCOLS: Readonly<
  Record<string, { make: () => ScaleDialect; records: string[]; cap: number }>
> = {
  'mt-sics': {
    make: () => new MtSics(),
    records: [
      'S S    100.00 g\r\n',
      'S D     -0.005 kg\r\n',
      'S +\r\n',
      'ES\r\n',
      'I4 A "0123"\r\n',
    ],
    cap: 96,
  },
  'toledo-8217': {
    make: () => new Toledo8217('kg'),
    records: ['\x0201.250\r', '\x02 1.250N\r', '\x02?A\r', '\x02E\r'],
    cap: 16,
  },
  nci: {
    make: () => new Nci(),
    records: ['\n01.250KG\r\nS0p0\r\x03', '\n 1.25lb\r\n00\r\x03', '\nS1p0\r\x03', '\n?\r\x03'],
    cap: 40,
  },
  'dialog-06': {
    make: () => new Dialog06({ unit: 'kg', weightDecimals: 3, priceDecimals: 2 }),
    records: ['\x06', '\x15', '\x0202\x1b3\x1b01250\x1b000199\x1b000249\x03', '\x0209\x1b20\x03'],
    cap: 40,
  },
};

function framesOf(dialect: ScaleDialect, chunks: readonly Uint8Array[]): string[] {
  return chunks.flatMap((chunk) =>
    dialect.framer.push(chunk).flatMap((item) => (item.type === 'frame' ? [item.frame] : [])),
  );
}

const chunked = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
const noise = fc.uint8Array({ maxLength: 80 });

for (const [name, { make, records, cap }] of Object.entries(PROTOCOLS)) {
  void t.test(`${name}: any chunking gives the same frames`, (t) => {
    const stream = fc.array(fc.oneof(fc.constantFrom(...records).map(bytesOf), noise));
    fc.assert(
      fc.property(stream, sizes, (parts, cuts) => {
        const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
        const whole = framesOf(make(), [bytes]);
        t.strictSame(framesOf(make(), chunked(bytes, cuts)), whole);
      }),
      { numRuns: 100 },
    );
    t.end();
  });

  void t.test(`${name}: garbage never throws and swallows no good record`, (t) => {
    fc.assert(
      fc.property(noise, fc.constantFrom(...records), (garbage, record) => {
        const dialect = make();
        const frames = framesOf(dialect, [garbage, bytesOf(record)]);
        t.equal(frames.at(-1), record);
        t.ok(dialect.framer.bufferedBytes <= cap);
        for (const frame of frames) dialect.read(frame, new Uint8Array());
      }),
      { numRuns: 200 },
    );
    t.end();
  });

  void t.test(`${name}: what waits is capped, and a flush lets go of it`, (t) => {
    const { framer } = make();
    let told = 0;
    for (let turn = 0; turn < 1_000; turn += 1) {
      for (const item of framer.push(new Uint8Array(100).fill(0x41))) told += item.bytes.length;
      if (framer.bufferedBytes > cap) t.fail('above the cap');
    }
    for (const item of framer.flush()) told += item.bytes.length;
    t.equal(told, 100_000, 'every byte was told');
    t.equal(framer.bufferedBytes, 0);
    t.end();
  });
}

void t.test('published vectors mean what the manuals say', (t) => {
  const means = (dialect: ScaleDialect, record: string): unknown => {
    const [frame] = framesOf(dialect, [bytesOf(record)]);
    return frame === undefined ? undefined : dialect.read(frame, new Uint8Array());
  };
  const weight = (value: number, scale: number, unit: string): object => ({
    ...{ type: 'weight', weight: { value, scale, unit } },
  });
  t.match(means(new MtSics(), 'S S     100.00 g\r\n'), { ...weight(10000, 2, 'g'), stable: true });
  t.match(means(new MtSics(), 'S D     100.00 g\r\n'), { stable: false });
  t.match(means(new MtSics(), 'S S     100.00 ct\r\n'), { type: 'impossible' });
  t.match(means(new MtSics(), 'S I\r\n'), { reason: 'SCAL_SUE_WEIGHT_UNSTABLE' });
  const toledo = (record: string): unknown => means(new Toledo8217('lb'), record);
  t.match(toledo('\x0200.25\r'), { ...weight(25, 2, 'lb'), stable: true, isNet: false });
  t.match(toledo('\x0200.25N\r'), { isNet: true });
  t.match(toledo('\x02?\x42\r'), { reason: 'SCAL_SUE_WEIGHT_OVERWEIGHT' });
  t.match(toledo('\x02?\x44\r'), { reason: 'SCAL_SUE_WEIGHT_UNDER_ZERO' });
  t.match(toledo('\x02?\x48\r'), { reason: 'SCAL_SUE_NOT_READY' });
  t.match(means(new Nci(), '\n2LB 3.5OZ\r\nS00\r\x03'), weight(355, 1, 'oz'));
  t.match(means(new Nci(), '\n^^^^^^LB\r\nS02\r\x03'), { reason: 'SCAL_SUE_WEIGHT_OVERWEIGHT' });
  t.match(means(new Nci(), '\nS10\r\x03'), { reason: 'SCAL_SUE_WEIGHT_UNSTABLE' });
  t.equal(
    latin1(
      new Dialog06({ unit: 'kg', weightDecimals: 3, priceDecimals: 2 }).ask({
        ...{ type: 'weight', read: { unitPrice: { value: 1999, scale: 3 } } },
      }),
    ),
    '\x04\x0201\x1b\x1b\x03',
    'a price that does not fit was refused before',
  );
  t.end();
});

function answerOf(kind: string, ask: Uint8Array): Uint8Array {
  const simulator = SCALE_SIMULATORS.find((known) => known.kind === kind);
  const answer: number[] = [];
  const device = simulator?.create(
    {},
    {
      ...{
        clock: { wallMs: () => 0, monotonicMs: () => 10_000 },
        random: new SeededRandom(7).next,
      },
      schedule: () => () => undefined,
      send: (bytes) => void answer.push(...bytes),
      produced: () => undefined,
      unplug: () => undefined,
    },
  );
  device?.connected();
  device?.receive(ask);
  return Uint8Array.from(answer);
}

void t.test('the echo test of 8217 answers as published', (t) => {
  const answer = answerOf('scale-toledo-8217', bytesOf('Ehello'));
  t.strictSame([...answer], [0x02, 0x45, 0x0d, 0x68, 0x65, 0x6c, 0x6c, 0x6f]);
  t.end();
});

void t.test('probing finds each protocol and takes none for another', (t) => {
  for (const { kind, driver } of SCALE_SIMULATORS) {
    for (const { id, probes } of SCALE_DRIVERS) {
      for (const probe of probes) {
        const found = probe.recognise(answerOf(kind, probe.ask));
        if (driver === id) t.ok(found !== undefined && found.score >= 80, `${probe.name}: ${kind}`);
        else t.equal(found, undefined, `${probe.name} must not take ${kind}`);
      }
    }
  }
  t.end();
});

void t.test('one probe after the other leaves a scale that still answers its own', (t) => {
  for (const { kind, driver } of SCALE_SIMULATORS) {
    const own = SCALE_DRIVERS.find(({ id }) => id === driver)?.probes[0];
    const others = SCALE_DRIVERS.flatMap(({ id, probes }) => (id === driver ? [] : [...probes]));
    const asks = others.flatMap(({ ask }) => [...ask]);
    const answer = answerOf(kind, Uint8Array.from([...asks, ...(own?.ask ?? [])]));
    t.ok(own?.recognise(answer), kind);
  }
  t.end();
});

void t.test('no question of a probe presses a key of an 8217, which takes single letters', (t) => {
  const asks = SCALE_DRIVERS.flatMap(({ probes }) => probes.map(({ ask }) => latin1(ask)));
  for (const ask of asks) t.notMatch(ask, /[TZCAB]/);
  t.end();
});

void t.test('noise is recognised as no protocol', (t) => {
  const random = new SeededRandom(3);
  for (let turn = 0; turn < 300; turn += 1) {
    const answer = Uint8Array.from({ length: 200 }, () => random.below(256));
    for (const { probes } of SCALE_DRIVERS) {
      for (const probe of probes) t.equal(probe.recognise(answer), undefined, probe.name);
    }
  }
  t.end();
});
