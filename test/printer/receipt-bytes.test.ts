/**
 * What the encoder sends, read by a program that shares nothing with it: receipts in three languages
 * on every profile say the same words, and documents that nobody would write keep to the paper.
 */
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import t from 'tap';
import {
  encodeDocument,
  prepareEncoding,
} from '../../drivers/pos-printer/encoding/encode-document.ts';
import type { PrinterProfile } from '../../drivers/pos-printer/printer-profile.ts';
import { printerProfiles, profileNamed } from '../../drivers/pos-printer/profiles.ts';
import type { ReceiptBlock, ReceiptDocument } from '../../protocol/receipt/document.ts';
import { parseDocument } from '../../protocol/receipt/document.ts';
import { RECEIPT_LANGUAGES } from '../../protocol/receipt/document-schema.ts';
import { transactionReceipt } from '../../protocol/receipt/receipt-template.ts';
import type { Transaction } from '../../protocol/transaction/schema.ts';
import { findTool, needTool } from '../support/need-tool.ts';
import { readPaper } from './escpos-oracle.ts';
import type { OnPaper, PaperItem } from './escpos-oracle.ts';
import { ownFolder } from '../support/own-folder.ts';

await prepareEncoding();
const profiles = printerProfiles();

const SALE: Transaction = {
  transactionId: '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11',
  type: 'sale',
  sequenceNumber: 1234,
  businessDate: '2010-12-01',
  occurredAt: '2010-12-01T08:26:00Z',
  currency: 'EUR',
  lines: [],
  taxes: [{ rate: { value: 19, scale: 2 }, amount: 304, included: true }],
  tenders: [{ type: 'cash', amount: 123456 }],
  total: 123456,
};

const GOODS = {
  en: 'Crème brûlée £5 jar',
  de: 'Größe Übermaß „süß“',
  zh: '白色心形挂饰灯',
} as const;
const CURRENCIES = { en: 'GBP', de: 'EUR', zh: 'CNY' } as const;
const AMOUNTS = { en: '£1,234.56', de: '1.234,56 €', zh: '￥1,234.56' } as const;

function receipt(language: keyof typeof GOODS): ReceiptDocument {
  const line = {
    lineNumber: 1,
    itemId: 'A',
    description: GOODS[language],
    quantity: { value: 3, scale: 0 },
    unitPrice: { value: 41152, scale: 2 },
    extendedAmount: 123456,
  };
  const transaction = { ...SALE, currency: CURRENCIES[language], lines: [line] };
  return transactionReceipt(transaction, {
    language,
    origin: 'hq.example.com/acme/s0417/g1/e1',
    index: 41,
    leafHash: new Uint8Array(32).fill(7),
    copy: 1,
    header: ['Store'],
    footer: [],
    timeZone: 'UTC',
  });
}

function bytesOf(document: ReceiptDocument, profile: PrinterProfile): Uint8Array {
  const encoded = encodeDocument(document, profile);
  if (encoded.ok) return encoded.bytes;
  throw new Error(`refused: ${encoded.problem.message}`);
}

function itemsOf(paper: OnPaper | undefined): readonly PaperItem[] {
  if (paper !== undefined && 'items' in paper) return paper.items;
  throw new Error(paper?.error ?? 'no answer');
}

const wordsOf = (items: readonly PaperItem[]) =>
  items
    .map((item) => item.text ?? '')
    .join('')
    .replaceAll(' ', '')
    .replaceAll('¥', '￥');

void t.test('a receipt says the same words on every printer', (t) => {
  if (!needTool(t, 'python3')) return;
  const cases = RECEIPT_LANGUAGES.flatMap((language) =>
    profiles.map((profile) => ({ language, profile, bytes: bytesOf(receipt(language), profile) })),
  );
  const papers = readPaper(cases);
  for (const [at, { language, profile }] of cases.entries()) {
    const name = `${language} on ${profile.id}`;
    const items = itemsOf(papers[at]);
    const words = wordsOf(items);
    const isDrawn = language === 'zh' && profile.chinese === 'none';
    t.ok(words.includes('#41.BwcHBwcH'), `${name}: the reference`);
    if (isDrawn) {
      t.ok(items.filter((item) => item.rows !== undefined).length > 5, `${name}: drawn`);
    } else {
      t.ok(words.includes(GOODS[language].replaceAll(' ', '')), `${name}: the goods`);
      t.ok(words.includes(AMOUNTS[language].replaceAll(' ', '')), `${name}: the amount`);
    }
    const text = 'tillgate:hq.example.com/acme/s0417/g1/e1#41.BwcHBwcH';
    if (profile.qr)
      t.ok(
        items.some((item) => item.qr === text),
        `${name}: the code`,
      );
    t.equal(
      items.some((item) => item.cut !== undefined),
      profile.cut !== 'none',
      name,
    );
  }
  t.end();
});

const PIECES = [
  'a',
  'Wort ',
  '-',
  '12.5',
  'ß',
  'é',
  'Ł',
  '€',
  '¥',
  '￥',
  '£',
  '“',
  '…',
  '收',
  '据，',
  '（',
  'Ж',
  'Ω',
  '─',
  '①',
  '한',
  '𠮷',
  '😀',
  'e\u0301',
  '\u200d',
  '\u00a0',
  '\n',
  '~',
  '{',
  '\\',
];
const texts = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 40 })
  .map((pieces) => pieces.join(''));
const lineTexts = texts.map((text) => text.replaceAll('\n', ' '));
const times = fc.integer({ min: 1, max: 4 });
const aligns = fc.constantFrom('left', 'center', 'right');
const amounts = fc.integer({ min: -1_000_000, max: 10_000_000_000 });
const styles = {
  bold: fc.boolean(),
  underline: fc.boolean(),
  invert: fc.boolean(),
  width: times,
  height: times,
  font: fc.constantFrom('A', 'B'),
};
const textBlocks = fc.record(
  { type: fc.constant('text'), text: texts, align: aligns, ...styles },
  { requiredKeys: ['type', 'text'] },
);
const columns = fc.record(
  { text: texts, align: aligns, cells: fc.integer({ min: 1, max: 64 }) },
  { requiredKeys: ['text'] },
);
const quantities = fc.record({
  value: amounts,
  scale: fc.integer({ min: 0, max: 6 }),
  unit: fc.constantFrom('kg', '公斤'),
});
const blocks = fc.oneof(
  textBlocks,
  fc.record({
    type: fc.constant('columns'),
    columns: fc.array(columns, { minLength: 1, maxLength: 8 }),
    ...styles,
  }),
  fc.record({
    type: fc.constant('item'),
    description: texts,
    quantity: quantities,
    amount: amounts,
  }),
  fc.record({ type: fc.constant('total'), label: lineTexts, amount: amounts, ...styles }),
  fc.constantFrom(
    { type: 'rule' },
    { type: 'feed' },
    { type: 'cut' },
    { type: 'barcode', symbology: 'code128', data: '{12345}' },
    { type: 'qr', text: '收 x' },
  ),
);
const documents = fc.record({
  language: fc.constantFrom(...RECEIPT_LANGUAGES),
  currency: fc.constantFrom('EUR', 'JPY', 'CNY', 'KWD'),
  blocks: fc.array(blocks, { maxLength: 8 }),
});

/** What anybody makes up, as the daemon would hand it to the encoder. */
function parsed(value: unknown): ReceiptDocument {
  const result = parseDocument(value);
  if (result.ok) return result.document;
  throw new Error(JSON.stringify(result.problems));
}

void t.test('whatever a document holds, it keeps to the paper', (t) => {
  if (!needTool(t, 'python3')) return;
  const runs = 40;
  const cases = fc.sample(documents, { numRuns: runs, seed: 4 }).flatMap((value) => {
    const document = parsed(value);
    return profiles.map((profile) => ({ document, profile, bytes: bytesOf(document, profile) }));
  });
  for (const { document, profile, bytes } of cases.slice(0, 50)) {
    t.equal(Buffer.compare(bytes, bytesOf(document, profile)), 0, 'the same bytes again');
  }
  // All of them were encoded; reading every third back keeps the test short.
  const read = cases.filter((_, at) => at % 3 === 0);
  for (const [at, paper] of readPaper(read).entries()) {
    const { document, profile } = read[at] ?? {};
    if ('error' in paper) t.fail(`${profile?.id}: ${paper.error}`, { document });
  }
  t.pass(`${cases.length} encoded, ${read.length} read back`);
  t.end();
});

void t.test('text that the printer has arrives unchanged', (t) => {
  if (!needTool(t, 'python3')) return;
  const chinese = profileNamed('generic-80mm-chinese');
  const signs = [
    'a',
    'Zz ',
    '9',
    'ß',
    'é',
    '€',
    '￥',
    '收',
    '据',
    '，',
    '（',
    '。',
    '龙',
    '\n',
    '~',
    '@',
  ];
  const content = fc
    .array(fc.constantFrom(...signs), { maxLength: 80 })
    .map((list) => list.join(''));
  const cases = fc.sample(content, { numRuns: 40, seed: 11 }).map((text) => {
    const block: ReceiptBlock = { type: 'text', text };
    return { text, profile: chinese, bytes: bytesOf({ language: 'zh', blocks: [block] }, chinese) };
  });
  for (const [at, paper] of readPaper(cases).entries()) {
    t.equal(wordsOf(itemsOf(paper)), cases[at]?.text.replaceAll(/[ \n]/g, ''));
  }
  t.end();
});

void t.test('drawn codes can be scanned', (t) => {
  if (!needTool(t, 'zbarimg')) return;
  const narrow = profileNamed('generic-58mm');
  const codes: [ReceiptBlock, string][] = [
    [{ type: 'qr', text: '白色心形挂饰灯 €', moduleDots: 4, align: 'center' }, '白色心形挂饰灯 €'],
    [{ type: 'qr', text: 'x'.repeat(900), errorLevel: 'L' }, 'x'.repeat(900)],
    [{ type: 'barcode', symbology: 'ean13', data: '4006381333931', text: 'none' }, '4006381333931'],
    [{ type: 'barcode', symbology: 'upca', data: '03600029145', text: 'none' }, '0036000291452'],
    [{ type: 'barcode', symbology: 'itf', data: '12345678', text: 'none' }, '12345678'],
    [{ type: 'barcode', symbology: 'code39', data: 'AB-12', text: 'none' }, 'AB-12'],
    [{ type: 'barcode', symbology: 'code128', data: 'a{1234567', text: 'none' }, 'a{1234567'],
  ];
  const jobs = codes.map(([block]) => ({
    profile: narrow,
    bytes: bytesOf({ blocks: [block] }, narrow),
    withDots: true,
  }));
  const papers = readPaper(jobs);
  const folder = ownFolder(t);
  const files = codes.map((_, at) => join(folder, `${at}.png`));
  for (const [at, file] of files.entries()) writeFileSync(file, picture(itemsOf(papers[at])));
  const scan = spawnSync(findTool('zbarimg') ?? '', ['-q', '--raw', '-Sbinary=0', ...files], {
    encoding: 'utf8',
  });
  t.strictSame(
    scan.stdout.trimEnd().split('\n'),
    codes.map(([, content]) => content),
  );
  t.end();
});

/** The dots of a paper with a quiet zone around them. */
function picture(items: readonly PaperItem[]): Buffer {
  const margin = 40;
  const rows = items.flatMap((item) => item.rows ?? []);
  const width = Math.max(...rows.map((row) => row.length));
  const png = new PNG({ width: width + margin * 2, height: rows.length + margin * 2 });
  png.data.fill(255);
  for (const [y, row] of rows.entries()) {
    for (const [x, dot] of row.entries()) {
      if (dot === 1)
        png.data.fill(
          0,
          ((y + margin) * png.width + x + margin) * 4,
          ((y + margin) * png.width + x + margin) * 4 + 3,
        );
    }
  }
  return PNG.sync.write(png);
}
