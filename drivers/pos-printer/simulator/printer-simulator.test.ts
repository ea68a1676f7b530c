import t from 'tap';
import { PNG } from 'pngjs';
import { VirtualTime } from '../../../test/sim/virtual-time.ts';
import { SeededRandom } from '../../../test/support/seeded-random.ts';
import { SimulatedLine } from '../../../test/support/simulated-line.ts';
import { printerSimulator } from './printer-simulator.ts';
import { SimulatedPrinter } from './simulated-printer.ts';
import { loadGlyphSource } from './glyph-source.ts';

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const glyphs = await loadGlyphSource();

/** A printer of its own, with what it sends. */
function printerWith(options: Record<string, string> = {}) {
  const time = new VirtualTime();
  const produced: Uint8Array[] = [];
  const line = new SimulatedLine({
    ...{ time, random: new SeededRandom(1), bytesPerMs: 1_000 },
    create: (context) => printerSimulator.create({ pictures: 'off', ...options }, context),
    produced: (_, bytes) => produced.push(bytes),
  });
  const printer = line.device;
  if (!(printer instanceof SimulatedPrinter)) throw new Error('not a printer');
  const transport = line.open();
  const sent: number[] = [];
  transport.onData((bytes) => sent.push(...bytes));
  const receive = async (...parts: (string | number[])[]): Promise<void> => {
    for (const part of parts) {
      void transport.write(typeof part === 'string' ? latin(part) : Uint8Array.from(part));
    }
    // The glyphs are loaded outside of virtual time.
    await loadGlyphSource();
    await new Promise((resolve) => setImmediate(resolve));
    await time.run(time.nowMs + 10_000);
  };
  return { printer, produced, receive, sent };
}

void t.test('text is decoded by code page, and Chinese by GB 18030', async (t) => {
  const { printer, receive } = printerWith();
  await receive(
    '\x1bt\x13\x80 \xd5\n',
    [0x1c, 0x26, 0xc4, 0xe3, 0x81, 0x30, 0x84, 0x36, 0x1c, 0x2e],
    '\n\x1dV\x00',
  );
  t.strictSame(printer.pieces[0]?.lines, ['Ç €', '你¥']);
});

void t.test('real-time questions are answered at once, but not inside a picture', async (t) => {
  const { printer, receive, sent } = printerWith();
  await receive('abc', [0x10, 4, 1]);
  t.strictSame(sent.splice(0), [0x12]);
  await receive([0x1d, 0x76, 0x30, 0, 1, 0, 3, 0, 0x10, 0x04, 0x01]);
  t.strictSame(sent.splice(0), []);
  t.strictSame(printer.hanging, ['abc', '[picture]']);
});

void t.test(
  'a process id comes after all before it is printed, and never out of paper',
  async (t) => {
    const { printer, receive, sent } = printerWith();
    printer.command('paper out after 1 lines');
    await receive('one\ntwo\n', [0x1d, 0x28, 0x48, 6, 0, 0x30, 0x30, 0x31, 0x32, 0x33, 0x34]);
    t.strictSame(sent.splice(0), []);
    t.strictSame(printer.hanging, ['one']);
    printer.command('paper ok');
    await receive('');
    t.strictSame(sent, [0x37, 0x22, 0x31, 0x32, 0x33, 0x34, 0x00]);
    t.strictSame(printer.hanging, ['one', 'two']);
  },
);

void t.test('power that goes takes all that was received with it', async (t) => {
  const { printer, receive, sent } = printerWith({ link: 'serial' });
  await receive([0x1d, 0x61, 0xff]);
  t.equal(sent.splice(0).length, 4);
  printer.command('cover open');
  await receive('never printed\n');
  t.equal(sent.splice(0).length, 4);
  printer.command('power off');
  printer.command('power on');
  printer.command('cover close');
  await receive('');
  t.strictSame(sent, []);
  t.strictSame(printer.hanging, []);
});

void t.test('DLE DC4 8 clears, DLE ENQ 2 only after an error', async (t) => {
  const { printer, receive, sent } = printerWith();
  printer.command('cover open');
  await receive('lost\n', [0x10, 5, 2], [0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8]);
  t.strictSame(sent, [0x37, 0x25, 0x00]);
  printer.command('cover close');
  await receive('kept\n');
  t.strictSame(printer.hanging, ['kept']);
});

void t.test('a full buffer holds the line back, and questions with it', async (t) => {
  const { printer, receive, sent } = printerWith({ buffer: '64' });
  printer.command('cover open');
  await receive('x'.repeat(500), [0x10, 4, 1]);
  t.strictSame(sent, []);
  t.equal(printer.room(), 0);
  printer.command('cover close');
  await receive('\n');
  t.strictSame(sent, [0x12]);
});

void t.test('the drawer opens by pulse, and its wiring decides the level', async (t) => {
  const { printer, receive, sent } = printerWith();
  await receive([0x1b, 0x70, 0, 25, 250], [0x10, 4, 1]);
  t.ok(printer.drawer.isOpen);
  printer.command('drawer wiring low');
  await receive([0x10, 4, 1]);
  t.strictSame(sent, [0x16, 0x12]);
  printer.command('drawer close');
  await receive([0x10, 4, 1]);
  t.equal(sent.at(-1), 0x16);
});

void t.test('one picture a cut, as wide as the paper, with codes in it', async (t) => {
  const { produced, receive, printer } = printerWith({ pictures: 'on' });
  await receive(
    ...['\x1ba\x01Receipt\n', '\x1dh\x50\x1dw\x02\x1dH\x02\x1dk\x43\x0d4006381333931'],
    [0x1d, 0x28, 0x6b, 3, 0, 49, 67, 4],
    [0x1d, 0x28, 0x6b, 5, 0, 49, 80, 48, 0x68, 0x69],
    [0x1d, 0x28, 0x6b, 3, 0, 49, 81, 48],
    '\x1dV\x42\x00',
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  await receive('');
  t.equal(produced.length, 1);
  const [first = new Uint8Array()] = produced;
  t.equal(PNG.sync.read(Buffer.from(first)).width, 512 + 64);
  t.strictSame(printer.pieces[0]?.lines, ['Receipt', '[ean13 4006381333931]', '[qr hi]']);
});

void t.test('no bytes stop it', async (t) => {
  const random = new SeededRandom(7);
  const time = new VirtualTime();
  const printer = new SimulatedPrinter({
    ...{ glyphs, isDrawing: false },
    model: { ...(await import('./simulated-model.ts')).SIMULATED_MODELS.epson },
    context: {
      schedule: (callback, delayMs) => time.after(delayMs, callback),
      clock: { wallMs: () => 0, monotonicMs: () => time.nowMs },
      ...{ random: random.next, send: () => undefined, produced: () => undefined },
      unplug: () => undefined,
    },
  });
  for (let chunk = 0; chunk < 200; chunk += 1) {
    const bytes = Uint8Array.from({ length: 50 }, () =>
      random.chance(0.3) ? random.pick([0x1b, 0x1d, 0x10, 0x1c]) : random.below(128),
    );
    printer.receive(bytes);
    await time.run(time.nowMs + 20);
  }
  await time.run(time.nowMs + 1_000);
  t.ok(printer.isOn);
});
