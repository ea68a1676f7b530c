import t from 'tap';
import { checkValue, withDefaults } from '../../config/check-value.ts';
import { VirtualTime } from '../../test/sim/virtual-time.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedLine } from '../../test/support/simulated-line.ts';
import type { JobOutcome } from '../job.ts';
import { runSession } from '../run-session.ts';
import { escposPrinter } from './driver.ts';
import { loadGlyphSource } from './simulator/glyph-source.ts';
import { SimulatedPrinter } from './simulator/simulated-printer.ts';
import { SIMULATED_MODELS } from './simulator/simulated-model.ts';

await escposPrinter.prepare?.();
const glyphs = await loadGlyphSource();

/** The driver on a simulated printer that reads what it is sent by itself. */
async function counter(options: Record<string, unknown>, modelName = 'epson') {
  const time = new VirtualTime();
  const model = SIMULATED_MODELS[modelName];
  if (model === undefined) throw new Error(`no model ${modelName}`);
  const printers: SimulatedPrinter[] = [];
  const line = new SimulatedLine({
    ...{ time, random: new SeededRandom(3), bytesPerMs: 200 },
    create: (context) => {
      const made = new SimulatedPrinter({ model, context, glyphs, isDrawing: false });
      printers.push(made);
      return made;
    },
  });
  const session = runSession({
    machine: escposPrinter.createSession(options, { wallMs: line.clock.wallMs, nowMs: 0 }),
    transport: line.open(),
    ...{ clock: line.clock, schedule: line.schedule },
    onEffect: () => undefined,
  });
  await time.run(3_000);
  const perform = async (operation: string, request: object): Promise<JobOutcome | undefined> => {
    const parsed = escposPrinter.operations[operation]?.parse({ ...request });
    if (parsed?.ok !== true) throw new Error(JSON.stringify(parsed));
    let outcome: JobOutcome | undefined;
    const job = { jobId: operation, operation, params: parsed.params };
    void session.perform(job, 30_000).then((ended) => {
      outcome = ended;
    });
    await time.run(time.nowMs + 20_000);
    return outcome;
  };
  const words = (): string => printers[0]?.pieces.flatMap((piece) => piece.lines).join('\n') ?? '';
  return { perform, words };
}

const RECEIPT = {
  blocks: [
    { type: 'text', text: 'Thank you', align: 'center', bold: true },
    { type: 'text', text: 'Größe, Äpfel, süß: 12,30 €' },
    { type: 'text', text: '可口可乐 合计 ￥12.30' },
    { type: 'barcode', symbology: 'ean13', data: '4006381333931' },
    { type: 'qr', text: 'https://example.com/r?1=中文' },
  ],
};

void t.test(
  'a document comes out with the same words, in three languages and both codes',
  async (t) => {
    const { perform, words } = await counter({ profile: 'epson-tm-t88-chinese', language: 'zh' });
    const outcome = await perform('print', { document: RECEIPT, copy: 2 });
    t.match(outcome, {
      state: 'done',
      result: { confirmed: true, confirmedBy: 'processId', copy: 2 },
    });
    for (const word of ['Thank you', 'Größe, Äpfel, süß: 12,30 €', '可口可乐 合计 ￥12.30']) {
      t.ok(words().includes(word), `${word} in ${words()}`);
    }
    t.ok(words().includes('[ean13 4006381333931]'));
    t.ok(words().includes('[qr https://example.com/r?1=中文]'));
  },
);

void t.test('the test page says what the printer says of itself', async (t) => {
  const { perform, words } = await counter({ profile: 'epson-tm-t88' });
  t.match(await perform('testPage', {}), { state: 'done', result: { confirmed: true } });
  t.match(words(), /EPSON TM-T88V/);
});

void t.test('every document ends with a cut, also one without', async (t) => {
  const { perform, words } = await counter({ profile: 'generic-80mm' }, 'clone');
  const blocks = [{ type: 'text', text: 'torn off' }];
  t.match(await perform('print', { document: { blocks } }), { state: 'done' });
  t.match(words(), /torn off/);
});

void t.test('bytes go through as they are', async (t) => {
  const { perform, words } = await counter({ profile: 'epson-tm-t88' });
  const data = Buffer.from('raw words\n\x1dV\x00', 'latin1').toString('base64');
  t.match(await perform('printRaw', { data }), { state: 'done', result: { confirmed: true } });
  t.equal(words(), 'raw words');
  t.equal(escposPrinter.operations['printRaw']?.right, 'raw');
});

void t.test('status tells what there is to know', async (t) => {
  const { perform } = await counter({ profile: 'epson-tm-t88' });
  t.match(await perform('status', {}), {
    state: 'done',
    result: {
      ready: true,
      reasons: [],
      confirmation: 'processId',
      automaticStatus: true,
      drawerPin: 'low',
      identity: { model: 'TM-T88V', serialNumber: 'MXQF004711' },
    },
  });
});

void t.test('requests that cannot be read are refused with the member to blame', (t) => {
  const cases: [string, object, string, string][] = [
    ['print', {}, 'JOB_INVALID', '/document'],
    [
      'print',
      { document: { blocks: [{ type: 'tune' }] } },
      'RECEIPT_FORM',
      '/document/blocks/0/type',
    ],
    ['print', { document: RECEIPT, copy: -1 }, 'JOB_INVALID', '/copy'],
    ['print', { document: RECEIPT, copies: 2 }, 'JOB_INVALID', '/copies'],
    ['printRaw', { data: 'not base64!' }, 'JOB_INVALID', '/data'],
    ['printRaw', { data: 'A'.repeat(800_000) }, 'JOB_TOO_LARGE', '/data'],
    ['recover', { now: true }, 'JOB_INVALID', '/now'],
  ];
  for (const [operation, request, code, path] of cases) {
    const parsed = escposPrinter.operations[operation]?.parse({ ...request });
    t.match(parsed, { ok: false, problem: { code, path } }, operation);
  }
  t.end();
});

void t.test('options have defaults, and what does not exist is said', (t) => {
  t.strictSame(checkValue(escposPrinter.options, {}), []);
  t.match(withDefaults(escposPrinter.options, {}), { profile: 'generic-80mm', language: 'en' });
  const context = { wallMs: () => 0, nowMs: 0 };
  t.throws(
    () => escposPrinter.createSession({ profile: 'nothing' }, context),
    /no printer profile/,
  );
  t.throws(() => escposPrinter.createSession({ codePage: 'cp1' }, context), /no code page cp1/);
  t.ok(escposPrinter.createSession({ codePage: 'cp1', codePageNumber: 7 }, context));
  t.end();
});

void t.test('a probe recognises a printer by its answers, and not by noise', (t) => {
  const [probe] = escposPrinter.probes;
  const answer = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
  t.match(probe?.recognise(answer('\x12_EPSON\0_TM-T88V\0')), {
    score: 95,
    evidence: 'answers as EPSON TM-T88V',
    options: { profile: 'epson-tm-t88' },
  });
  t.match(probe?.recognise(answer('\x16')), { score: 60 });
  t.equal(probe?.recognise(answer('')), undefined);
  t.equal(probe?.recognise(answer('\xff\x12\xfe')), undefined);
  t.equal(probe?.recognise(answer('S S      1.25 kg\r\n')), undefined);
  t.end();
});

void t.test('what passes is told in words, however it is cut up', (t) => {
  const bytes = Buffer.from(
    '\x1b@\x1ba\x01Total\n\x1dv0\0\x01\0\x02\0\xff\xff\x1dV\x42\0\x10\x04\x01',
    'latin1',
  );
  const whole = escposPrinter.createExplain({})('out', bytes);
  t.strictSame(whole, [
    'ESC @',
    'ESC a 01',
    'text "Total"',
    'LF',
    'GS v 0 30 00 01 00 02 00 ff ff',
    'GS V 42 00',
    'DLE EOT 1',
  ]);
  const explain = escposPrinter.createExplain({});
  const parts = [0, 1, 3, 14, 19].map((from, at, all) => bytes.subarray(from, all[at + 1]));
  t.equal(
    parts.flatMap((part) => [...explain('out', part)]).filter((line) => line.startsWith('GS v'))
      .length,
    1,
  );
  const answers = Buffer.from('\x12\x18\0\x0c\0_EPSON\0\x37\x22abcd\0\xff', 'latin1');
  t.strictSame(explain('in', answers), [
    'status 12',
    'automatic status notReady PTR_SUE_REC_EMPTY',
    'identity EPSON',
    'printed up to abcd',
    'noise ff',
  ]);
  t.end();
});
