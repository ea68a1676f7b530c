import { PNG } from 'pngjs';
import t from 'tap';
import type { ReceiptBlock } from '../../../protocol/receipt/document.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { profileNamed } from '../profiles.ts';
import { code128Data } from './code128-data.ts';
import { encodeDocument, prepareEncoding } from './encode-document.ts';
import type { Encoded, EncodeNotes } from './encode-document.ts';

await prepareEncoding();

const epson = profileNamed('epson-tm-m30');
const chinese = profileNamed('generic-80mm-chinese');
const narrow = profileNamed('generic-58mm');
const matrix = profileNamed('epson-tm-u220');
const NOTHING: EncodeNotes = { unprintable: [], drawnLines: 0, drawnCodes: 0 };

function encode(profile: PrinterProfile, ...blocks: ReceiptBlock[]): Encoded {
  return encodeDocument({ blocks }, profile);
}

function good(encoded: Encoded): { bytes: Buffer; notes: EncodeNotes } {
  if (encoded.ok) return { bytes: Buffer.from(encoded.bytes), notes: encoded.notes };
  t.fail(encoded.problem.message);
  return { bytes: Buffer.alloc(0), notes: NOTHING };
}

/** What follows `ESC @`, as text of hexadecimal pairs and characters. */
function body(encoded: Encoded): string {
  const { bytes } = good(encoded);
  t.equal(bytes.subarray(0, 2).toString('hex'), '1b40');
  return bytes
    .subarray(2)
    .toString('latin1')
    .replace(/[^ -~]/g, (sign) => `<${sign.charCodeAt(0).toString(16).padStart(2, '0')}>`);
}

const text = (content: string): ReceiptBlock => ({ type: 'text', text: content });

void t.test('letters go out in code pages, changed as rarely as can be', (t) => {
  t.equal(body(encode(epson, text('plain'), text('Größe'))), 'plain<0a>Gr<1b>t<00><94><e1>e<0a>');
  // Page 437 has ö and no €; 858 has both, so one change does for the line.
  t.equal(
    body(encode(epson, text('1 € für ö'), text('ä'))),
    '1 <1b>t<13><d5> f<81>r <94><0a><84><0a>',
  );
  t.equal(body(encode(epson, text('Łódź'))), '<1b>t<12><9d><a2>d<ab><0a>', 'page 852');
  t.end();
});

void t.test('Chinese goes out in two-byte forms, and what has none is drawn', (t) => {
  t.equal(body(encode(chinese, text('收据 A'))), '<1c>.<1c>&<ca><d5><be><dd> A<0a>');
  const yen = encodeDocument({ language: 'zh', blocks: [text('¥5')] }, chinese);
  t.equal(body(yen), '<1c>.<1c>&<a3><a4>5<0a>', 'U+00A5 has four bytes in GB18030, U+FFE5 has two');
  t.equal(
    body(encode(chinese, text('收'), text('é'))),
    '<1c>.<1c>&<ca><d5><0a><1c>.<1b>t<00><82><0a>',
  );
  const { bytes, notes } = good(encode(chinese, text('收'), text('한글 收'), text('𠮷')));
  t.match(notes, { drawnLines: 2, unprintable: ['한', '글', '𠮷'] });
  t.ok(bytes.includes(Buffer.from('1d763000', 'hex')), 'as a picture');
  t.end();
});

void t.test('a line is drawn in the cells in which it would be printed', (t) => {
  const columns: ReceiptBlock = {
    type: 'columns',
    columns: [{ text: '收' }, { text: '1', align: 'right' }],
  };
  const { bytes, notes } = good(encode(epson, columns));
  t.strictSame(notes, { ...NOTHING, drawnLines: 1 });
  // 48 cells of 12 dots are 72 bytes; a line is 34 rows of 1/203 inch, in slices of 24.
  t.equal(bytes.subarray(2, 10).toString('hex'), '1d76300048001800');
  t.equal(bytes.subarray(10 + 72 * 24, 18 + 72 * 24).toString('hex'), '1d76300048000a00');
  t.equal(bytes.length, 18 + 72 * 34);
  const columnwise = good(encode(matrix, text('收'))).bytes.toString('hex');
  t.match(columnwise, /^1b401b33101b2a01180.*0a1b2a0118/, 'bands of eight dots on a dot matrix');
  t.ok(columnwise.endsWith('0a1b32'));
  t.end();
});

void t.test('styles are sent when they change and never else', (t) => {
  const bold: ReceiptBlock = {
    type: 'text',
    text: 'a\nb',
    bold: true,
    width: 2,
    height: 3,
    align: 'center',
  };
  t.equal(
    body(encode(epson, bold, text('c'))),
    '<1b>a<01><1d>!<12><1b>E<01>a<0a>b<0a><1b>a<00><1d>!<00><1b>E<00>c<0a>',
  );
  const marked: ReceiptBlock = {
    type: 'text',
    text: ' x ',
    underline: true,
    invert: true,
    font: 'B',
  };
  t.equal(body(encode(epson, marked)), '<1b>M<01><1b>-<01><1d>B<01> x <0a>');
  const small: ReceiptBlock = { type: 'text', text: '收', font: 'B' };
  t.notMatch(body(encode(chinese, small)), /<1b>M/, 'Chinese lines up with font A alone');
  t.end();
});

void t.test('a printer of fewer styles gets what it has, and the rest is drawn', (t) => {
  const high: ReceiptBlock = { type: 'text', text: 'a', height: 2, underline: true };
  t.equal(body(encode(matrix, high, text('b'))), '<1b>-<01><1b>!<90>a<0a><1b>-<00><1b>!<00>b<0a>');
  t.match(good(encode(matrix, { type: 'text', text: 'a', height: 3 })).notes, { drawnLines: 1 });
  const inverted: ReceiptBlock = { type: 'text', text: 'a', invert: true };
  t.match(good(encode(matrix, inverted)).notes, { drawnLines: 1 });
  t.end();
});

void t.test('items and totals put amounts at the edge, in the language', (t) => {
  const blocks: ReceiptBlock[] = [
    {
      type: 'item',
      description: 'Äpfel',
      quantity: { value: 1425, scale: 3, unit: 'kg' },
      unitPrice: { value: 299, scale: 2 },
      amount: 426,
    },
    {
      type: 'item',
      description: 'Brot',
      quantity: { value: 1, scale: 0 },
      unitPrice: { value: 250, scale: 2 },
      discounts: [{ amount: 50 }],
      amount: 250,
    },
    { type: 'total', label: 'Summe', amount: 626 },
  ];
  const { bytes } = good(encodeDocument({ language: 'de', currency: 'EUR', blocks }, narrow));
  const lines = bytes
    .subarray(4)
    .toString('latin1')
    .replaceAll('\u001bt\u0000', '')
    .replaceAll('\u001bt\u0013', '')
    .split('\n');
  t.strictSame(lines, [
    '\u008epfel',
    '  1,425 kg x 2,99           4,26',
    'Brot                        2,50',
    '  Rabatt                   -0,50',
    'Summe                     6,26 \u00d5',
    '',
  ]);
  t.end();
});

void t.test('bar codes are commands or drawings, as the profile says', (t) => {
  const ean: ReceiptBlock = { type: 'barcode', symbology: 'ean13', data: '400638133393' };
  t.equal(body(encode(epson, ean)), '<1d>hP<1d>w<03><1d>f<00><1d>H<02><1d>kC<0d>4006381333931');
  const drawn = good(encode(narrow, ean));
  t.match(drawn.notes, { drawnCodes: 1, drawnLines: 0 });
  t.ok(drawn.bytes.toString('latin1').endsWith('4006381333931\n'), 'its content stands below');
  t.match(encode(narrow, { ...ean, data: '4006381333930' }), {
    ok: false,
    problem: { code: 'RECEIPT_BARCODE', path: '/blocks/0/data' },
  });
  t.match(
    encode(narrow, text('x'), { type: 'barcode', symbology: 'code39', data: 'A'.repeat(40) }),
    {
      ok: false,
      problem: { code: 'RECEIPT_PAPER_WIDTH', path: '/blocks/1/data' },
    },
  );
  t.end();
});

void t.test('Code 128 sets long runs of digits in pairs', (t) => {
  const shown = (data: string) => Buffer.from(code128Data(data).bytes).toString('latin1');
  t.equal(shown('AB{12'), '{BAB{{12');
  t.equal(shown('123456'), '{C\u000c\u0022\u0038');
  t.equal(shown('A1234567'), '{BA1{C\u0017\u002d\u0043');
  t.equal(code128Data('123456').modules, (1 + 3 + 1) * 11 + 13);
  t.end();
});

void t.test('codes hold no command that printers obey at once', (t) => {
  // 16 and 04 as pairs of digits, and a length of 1,040 bytes, would be DLE EOT.
  t.equal(Buffer.from(code128Data('161604').bytes).toString('latin1'), '{B161604');
  t.equal(Buffer.from(code128Data('041616').bytes).toString('hex'), '7b43041010');
  const qr: ReceiptBlock = { type: 'qr', text: 'x'.repeat(1_037) };
  t.match(good(encode(epson, qr)).notes, { drawnCodes: 1 });
  t.match(good(encode(epson, { type: 'qr', text: 'x'.repeat(1_038) })).notes, { drawnCodes: 0 });
  t.end();
});

void t.test('QR codes are commands or drawings, in UTF-8', (t) => {
  const qr: ReceiptBlock = {
    type: 'qr',
    text: '收',
    moduleDots: 4,
    errorLevel: 'Q',
    align: 'right',
  };
  t.equal(
    body(encode(epson, qr)),
    '<1b>a<02><1d>(k<04><00>1A2<00><1d>(k<03><00>1C<04><1d>(k<03><00>1E2<1d>(k<06><00>1P0<e6><94><b6><1d>(k<03><00>1Q0',
  );
  t.match(good(encode(narrow, qr)).notes, { drawnCodes: 1 });
  const large: ReceiptBlock = { type: 'qr', text: 'x'.repeat(2_300), moduleDots: 16 };
  t.match(body(encode(epson, large)), /1C<03>/, 'no wider than the paper');
  t.end();
});

void t.test('pictures are scaled, dithered and sent in slices', (t) => {
  const png = new PNG({ width: 64, height: 600 });
  png.data.fill(0x80);
  for (let at = 3; at < png.data.length; at += 4) png.data[at] = 255;
  const image: ReceiptBlock = { type: 'image', png: PNG.sync.write(png).toString('base64') };
  const { bytes } = good(encode(epson, image));
  const data = bytes.subarray(2);
  t.equal(data.subarray(0, 8).toString('hex'), '1d76300008001800', '24 rows of 8 bytes');
  t.equal(data.subarray(8 + 24 * 8, 16 + 24 * 8).toString('hex'), '1d76300008001800');
  t.equal(data.length, 25 * 8 + 600 * 8);
  const ink = data
    .subarray(8, 8 + 24 * 8)
    .reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  t.ok(Math.abs(ink / (24 * 64) - 0.5) < 0.05, 'grey is half of the dots');
  const logos = new Map([['store', PNG.sync.write(png)]]);
  const logo: ReceiptBlock = { type: 'logo', name: 'store', align: 'center' };
  t.match(encodeDocument({ blocks: [logo] }, epson, { logos }), { ok: true });
  t.match(encodeDocument({ blocks: [logo] }, epson, { at: ['document'] }), {
    ok: false,
    problem: { code: 'RECEIPT_LOGO', path: '/document/blocks/0/name' },
  });
  const broken = Buffer.from(PNG.sync.write(png).subarray(0, 60)).toString('base64');
  t.match(encode(epson, { type: 'image', png: broken }), {
    ok: false,
    problem: { code: 'RECEIPT_PICTURE' },
  });
  t.end();
});

void t.test('no picture holds a command that printers obey at once', (t) => {
  // Eight rows of each pair, as white and black would give them.
  for (const pair of [
    [0x10, 0x04],
    [0x10, 0x05],
    [0x10, 0x14],
  ] as const) {
    const png = new PNG({ width: 16, height: 8 });
    for (let row = 0; row < 8; row += 1) {
      for (let column = 0; column < 16; column += 1) {
        const isBlack = (((pair[column >> 3] ?? 0) >> (7 - (column & 7))) & 1) === 1;
        png.data.set([...Array<number>(3).fill(isBlack ? 0 : 255), 255], (row * 16 + column) * 4);
      }
    }
    const image: ReceiptBlock = { type: 'image', png: PNG.sync.write(png).toString('base64') };
    const { bytes } = good(encode(epson, image));
    t.notOk(bytes.includes(Buffer.from(pair)), Buffer.from(pair).toString('hex'));
    t.ok(bytes.includes(Buffer.of(0x10, pair[1] | 8)), 'one dot more');
  }
  t.end();
});

void t.test('a cut feeds to the knife, and paper without one to the edge', (t) => {
  t.equal(body(encode(epson, { type: 'cut' })), '<1b>d<05><1d>V<01>');
  t.equal(body(encode(narrow, { type: 'cut' })), '<1c>.<1b>d<04>');
  t.end();
});

void t.test('a document that would be too long is refused before it fills the memory', (t) => {
  const lines = text(Array.from({ length: 200 }, () => '收').join('\n'));
  const blocks = Array.from({ length: 1_000 }, (): ReceiptBlock => ({
    ...lines,
    type: 'text',
    text: lines.type === 'text' ? lines.text : '',
    align: 'right',
  }));
  const encoded = encodeDocument({ blocks }, epson);
  t.match(encoded, { ok: false, problem: { code: 'RECEIPT_TOO_LONG', path: '' } });
  t.end();
});

void t.test('the same document gives the same bytes', (t) => {
  const blocks: ReceiptBlock[] = [text('Größe 收据'), { type: 'qr', text: 'x' }, { type: 'cut' }];
  t.strictSame(encode(narrow, ...blocks), encode(narrow, ...blocks));
  t.end();
});
