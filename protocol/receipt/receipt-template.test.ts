import t from 'tap';
import { sampleSale } from '../transaction/fixtures/sample-sale.ts';
import { judgeSubmission } from '../transaction/judge.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { Transaction } from '../transaction/schema.ts';
import { parseDocument } from './document.ts';
import type { ReceiptBlock, ReceiptDocument } from './document.ts';
import { transactionReceipt } from './receipt-template.ts';
import type { ReceiptOptions } from './receipt-template.ts';

const OPTIONS: ReceiptOptions = {
  language: 'en',
  origin: 'hq.example.com/acme/s0417/g1/e1',
  index: 41,
  leafHash: new Uint8Array(32).fill(7),
  copy: 0,
  header: ['Example Stores', '12 High Street'],
  footer: ['Thank you'],
  timeZone: 'Europe/London',
};

/** The receipt of a transaction that the gateway would accept. */
async function receipt(
  members: JsonObject,
  options: Partial<ReceiptOptions> = {},
): Promise<ReceiptDocument> {
  const transaction = sampleSale(members);
  const payload = Buffer.from(JSON.stringify(transaction));
  const judged = await judgeSubmission(payload, { deviceKeys: [], requireSignature: false });
  t.match(judged, { verdict: 'acceptable' });
  return transactionReceipt(transaction as Transaction, { ...OPTIONS, ...options });
}

const textsOf = (document: ReceiptDocument): string[] =>
  document.blocks.flatMap((block) => {
    if (block.type === 'text') return [block.text];
    if (block.type === 'total') return [`${block.label} ${block.amount}`];
    return [];
  });

const named = (document: ReceiptDocument, type: ReceiptBlock['type']): ReceiptBlock[] =>
  document.blocks.filter((block) => block.type === type);

void t.test('a sale has its lines, taxes, total, tenders and reference', async (t) => {
  const document = await receipt({
    lines: [
      {
        lineNumber: 1,
        itemId: '85123A',
        description: 'HEART HOLDER',
        quantity: { value: 6, scale: 0, unit: 'EA' },
        unitPrice: { value: 255, scale: 2 },
        discounts: [{ code: 'TEN-OFF', amount: 10 }],
        extendedAmount: 1520,
      },
    ],
    taxes: [
      { code: 'VAT20', rate: { value: 20, scale: 2 }, amount: 304, included: false },
      { code: 'VAT5', rate: { value: 5, scale: 2 }, amount: 7, included: true },
    ],
    tenders: [
      { type: 'cash', amount: 2000 },
      { type: 'change', amount: -176 },
    ],
    total: 1824,
    customerId: '17850',
    operatorId: 'op-7',
  });
  t.match(parseDocument(document), { ok: true });
  t.strictSame(named(document, 'item'), [
    {
      type: 'item',
      description: 'HEART HOLDER',
      quantity: { value: 6, scale: 0 },
      unitPrice: { value: 255, scale: 2 },
      discounts: [{ description: 'Discount TEN-OFF', amount: 10 }],
      amount: 1530,
    },
  ]);
  t.strictSame(textsOf(document), [
    'Example Stores',
    '12 High Street',
    'Tax VAT20 20% 304',
    'TOTAL 1824',
    'Cash 2000',
    'Change 176',
    'Includes tax VAT5 5% 7',
    'Time: 2010-12-01 08:26',
    'No.: 1234',
    'Operator: op-7',
    'Customer: 17850',
    'Recorded as\nhq.example.com/acme/s0417/g1/e1\n#41.BwcHBwcH',
    'Thank you',
  ]);
  const [qr] = named(document, 'qr');
  t.match(qr, { text: 'tillgate:hq.example.com/acme/s0417/g1/e1#41.BwcHBwcH' });
  t.match(document.blocks.at(-1), { type: 'cut' });
});

void t.test('copies and training are marked in each language', async (t) => {
  const marks = [];
  for (const language of ['en', 'de', 'zh'] as const) {
    const document = await receipt({ training: true }, { language, copy: 2 });
    marks.push(
      ...document.blocks.flatMap((block) =>
        block.type === 'text' && block.invert === true ? [block.text.trim()] : [],
      ),
    );
  }
  t.strictSame(marks, [
    'TRAINING - NOT A RECEIPT',
    'COPY 2',
    'ÜBUNG - KEIN BELEG',
    'Kopie 2',
    '练习模式，非有效小票',
    '副本 2',
  ]);
});

void t.test('every type of transaction says what it is', async (t) => {
  const id = '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a12';
  const negative = {
    lines: [
      {
        lineNumber: 1,
        itemId: 'A',
        quantity: { value: -1, scale: 0 },
        unitPrice: { value: 500, scale: 2 },
        extendedAmount: -500,
      },
    ],
    tenders: [{ type: 'cash', amount: -500 }],
    total: -500,
    originalTransactionId: id,
  };
  const none = { lines: [], tenders: [] };
  const titles = async (members: JsonObject) =>
    textsOf(await receipt(members, { language: 'de', header: [] }));
  t.match((await titles({ type: 'return', ...negative }))[0], 'RÜCKGABE');
  t.match((await titles({ type: 'void', ...negative }))[0], 'STORNO');
  t.match((await titles({ type: 'cashMovement', ...none, total: 10000 }))[0], 'BAREINLAGE');
  t.match((await titles({ type: 'cashMovement', ...none, total: -10000 }))[0], 'BARENTNAHME');
  t.match((await titles({ type: 'adjustment', ...none, total: 0 }))[0], 'KORREKTUR');
  const noSale = await titles({ type: 'noSale', ...none, total: 0 });
  t.equal(noSale[0], 'LADE GEÖFFNET');
  t.notOk(
    noSale.some((text) => text.startsWith('SUMME')),
    'nothing is summed up',
  );
  t.ok((await titles({ type: 'return', ...negative })).includes(`Ursprünglicher Vorgang: ${id}`));
  t.ok((await titles({ type: 'return', ...negative })).includes('ERSTATTUNG -500'));
});

void t.test('the store sees its own clock, and the trading day where it is another', async (t) => {
  const night = { occurredAt: '2010-12-01T23:30:00Z', businessDate: '2010-12-01' };
  const texts = textsOf(await receipt(night, { timeZone: 'Asia/Shanghai' }));
  t.ok(texts.includes('Time: 2010-12-02 07:30'));
  t.ok(texts.includes('Business date: 2010-12-01'));
  const unknown = textsOf(await receipt(night, { timeZone: 'Nowhere/Else' }));
  t.ok(
    unknown.includes('Time: 2010-12-01 23:30'),
    'a zone without rules leaves the time as it came',
  );
});

void t.test('a text that holds commands of a printer loses them', async (t) => {
  const document = await receipt({ operatorId: 'A\u001bp\u0000', customerId: 'x\ny' });
  t.match(parseDocument(document), { ok: true });
  t.ok(textsOf(document).includes('Operator: A p '));
  t.ok(textsOf(document).includes('Customer: x y'));
});

void t.test('units are named in the language, pieces not at all', async (t) => {
  const line = (unit: string) => ({
    lines: [
      {
        lineNumber: 1,
        itemId: 'A',
        quantity: { value: 1500, scale: 3, unit },
        unitPrice: { value: 200, scale: 2 },
        extendedAmount: 300,
      },
    ],
    tenders: [{ type: 'card', amount: 300 }],
    total: 300,
  });
  const unitOf = async (unit: string) => {
    const [item] = named(await receipt(line(unit), { language: 'zh' }), 'item');
    return item?.type === 'item' ? item.quantity?.unit : undefined;
  };
  t.strictSame(
    [await unitOf('KGM'), await unitOf('EA'), await unitOf('XPX')],
    ['公斤', undefined, 'XPX'],
  );
});
