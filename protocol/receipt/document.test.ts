import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { parseDocument } from './document.ts';

/** Code and path of each problem. */
function problemsOf(value: unknown, at?: readonly string[]): [string, string][] {
  const parsed = parseDocument(value, at);
  return parsed.ok ? [] : parsed.problems.map(({ code, path }) => [code, path]);
}

function png(width: number, height: number, interlace = 0): string {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, interlace], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = deflateSync(Buffer.alloc(64));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data)]).toString('base64');
}

void t.test('every kind of block reads as it was written', (t) => {
  const document = {
    language: 'de',
    currency: 'EUR',
    blocks: [
      { type: 'text', text: 'Größe\nzweite Zeile 收据', align: 'center', bold: true, width: 2 },
      {
        type: 'columns',
        columns: [
          { text: 'a', cells: 4 },
          { text: 'b', align: 'right' },
        ],
      },
      {
        type: 'item',
        description: 'Apfel',
        quantity: { value: 15, scale: 1, unit: 'kg' },
        amount: 3,
      },
      { type: 'total', label: 'Summe', amount: -1, currency: 'JPY', underline: true },
      { type: 'rule', line: 'double' },
      { type: 'barcode', symbology: 'ean13', data: '400638133393', text: 'none' },
      { type: 'qr', text: '收据', moduleDots: 4, errorLevel: 'H' },
      { type: 'image', png: png(8, 8), widthDots: 64 },
      { type: 'logo', name: 'store' },
      { type: 'feed', lines: 3 },
      { type: 'cut', mode: 'full' },
    ],
  };
  const parsed = parseDocument(document);
  t.strictSame(parsed, { ok: true, document });
  t.end();
});

void t.test('what is wrong is named by its place', (t) => {
  const bad = {
    blocks: [
      { type: 'text', text: 'open the drawer: \u001bp' },
      { type: 'text', txt: 'slip', bold: 1 },
      { type: 'banner' },
      { type: 'total', label: 'x', amount: 1.5 },
      { type: 'columns', columns: [] },
      { type: 'text', text: 'x', width: 5 },
    ],
    paper: 'wide',
  };
  t.strictSame(problemsOf(bad, ['document']), [
    ['RECEIPT_FORM', '/document/paper'],
    ['RECEIPT_FORM', '/document/blocks/0/text'],
    ['RECEIPT_FORM', '/document/blocks/1/text'],
    ['RECEIPT_FORM', '/document/blocks/1/txt'],
    ['RECEIPT_FORM', '/document/blocks/1/bold'],
    ['RECEIPT_FORM', '/document/blocks/2/type'],
    ['RECEIPT_FORM', '/document/blocks/3/amount'],
    ['RECEIPT_FORM', '/document/blocks/4/columns'],
    ['RECEIPT_FORM', '/document/blocks/5/width'],
  ]);
  t.strictSame(problemsOf(undefined), [['RECEIPT_FORM', '']]);
  t.strictSame(problemsOf({}), [['RECEIPT_FORM', '/blocks']]);
  t.strictSame(problemsOf({ blocks: [{ type: 'text', text: '\ud800' }] }), [
    ['RECEIPT_FORM', '/blocks/0'],
  ]);
  t.end();
});

void t.test('contents of codes and pictures are checked before anything is printed', (t) => {
  const blocks = [
    { type: 'barcode', symbology: 'ean13', data: '4006381333932' },
    { type: 'barcode', symbology: 'itf', data: '123' },
    { type: 'barcode', symbology: 'code39', data: 'lower' },
    { type: 'barcode', symbology: 'code128', data: 'Größe' },
    { type: 'qr', text: '收'.repeat(500), errorLevel: 'H' },
    { type: 'image', png: 'AAAA' },
    { type: 'image', png: png(3_000, 2_000) },
    { type: 'image', png: png(8, 8, 1) },
  ];
  t.strictSame(problemsOf({ blocks }), [
    ['RECEIPT_BARCODE', '/blocks/0/data'],
    ['RECEIPT_BARCODE', '/blocks/1/data'],
    ['RECEIPT_BARCODE', '/blocks/2/data'],
    ['RECEIPT_BARCODE', '/blocks/3/data'],
    ['RECEIPT_BARCODE', '/blocks/4/text'],
    ['RECEIPT_PICTURE', '/blocks/5/png'],
    ['RECEIPT_PICTURE', '/blocks/6/png'],
    ['RECEIPT_PICTURE', '/blocks/7/png'],
  ]);
  t.end();
});

void t.test('everything has a limit', (t) => {
  const text = { type: 'text', text: 'x'.repeat(4_096) };
  t.strictSame(problemsOf({ blocks: [{ type: 'text', text: 'x'.repeat(4_097) }] }), [
    ['RECEIPT_TOO_LONG', '/blocks/0/text'],
  ]);
  t.strictSame(problemsOf({ blocks: Array.from({ length: 8_001 }, () => ({ type: 'rule' })) }), [
    ['RECEIPT_TOO_LONG', '/blocks'],
  ]);
  t.strictSame(problemsOf({ blocks: Array.from({ length: 74 }, () => text) }), [
    ['RECEIPT_TOO_LONG', '/blocks'],
  ]);
  const code = { type: 'barcode', symbology: 'code128', data: 'x' };
  t.strictSame(problemsOf({ blocks: Array.from({ length: 21 }, () => code) }), [
    ['RECEIPT_TOO_LONG', '/blocks'],
  ]);
  const image = { type: 'image', png: png(8, 8) };
  t.strictSame(problemsOf({ blocks: Array.from({ length: 9 }, () => image) }), [
    ['RECEIPT_TOO_LONG', '/blocks'],
  ]);
  t.end();
});

void t.test('nothing that anybody sends makes it throw, or goes without a reason', (t) => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom('text', 'qr', 'barcode', 'ean13', 'cut'));
  const names = fc.constantFrom(
    'type',
    'text',
    'data',
    'symbology',
    'columns',
    'amount',
    '__proto__',
  );
  const block = fc.oneof(fc.jsonValue(), fc.dictionary(names, member));
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { blocks: fc.oneof(fc.jsonValue(), fc.array(block)), language: member },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(value, (sent) => {
      const parsed = parseDocument(sent);
      return parsed.ok || parsed.problems.length > 0;
    }),
    { numRuns: 300 },
  );
  t.end();
});
