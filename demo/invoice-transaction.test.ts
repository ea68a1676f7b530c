import { fileURLToPath } from 'node:url';
import t from 'tap';
import { formatMoney } from '../protocol/money.ts';
import { invoiceTransaction } from './invoice-transaction.ts';
import { must } from '../protocol/must.ts';
import { nameUuid } from './name-uuid.ts';
import { readSalesFile } from './sales-file.ts';
import type { Invoice, InvoiceLine } from './sales-file.ts';

const SAMPLE = fileURLToPath(new URL('data/2010-12.csv.gz', import.meta.url));

function anInvoice(invoiceNo: string, lines: Partial<InvoiceLine>[]): Invoice {
  const line: InvoiceLine = {
    stockCode: '85123A',
    description: 'WHITE HANGING HEART T-LIGHT HOLDER',
    quantity: '6',
    invoiceDate: '2010-12-01 08:26:00',
    unitPrice: '2.55',
    customerId: '17850.0',
  };
  return { invoiceNo, lines: lines.map((changes) => ({ ...line, ...changes })) };
}

void t.test('the shipped month has the sums that its README states', (t) => {
  const invoices = readSalesFile(SAMPLE);
  t.equal(invoices.length, 2025);
  t.equal(
    invoices.reduce((sum, invoice) => sum + invoice.lines.length, 0),
    42_481,
  );
  const transactions = invoices.map(invoiceTransaction);
  const total = transactions.reduce((sum, transaction) => sum + transaction.total, 0);
  t.equal(formatMoney(total, 2), '748957.02');
  t.equal(new Set(transactions.map((transaction) => transaction.transactionId)).size, 2025);
  const wrong = transactions.filter(({ lines, total, tenders }) => {
    const lineSum = lines.reduce((sum, line) => sum + line.extendedAmount, 0);
    const tenderSum = tenders.reduce((sum, tender) => sum + tender.amount, 0);
    return lineSum !== total || tenderSum !== total || tenders.length !== (total === 0 ? 0 : 1);
  });
  t.same(wrong, [], 'lines and tenders add up to the total');
  t.end();
});

void t.test('the first invoice becomes exactly this', (t) => {
  const [first] = readSalesFile(SAMPLE);
  const transaction = invoiceTransaction(must(first, 'an invoice'));
  t.match(transaction, {
    type: 'sale',
    sequenceNumber: 536365,
    businessDate: '2010-12-01',
    occurredAt: '2010-12-01T08:26:00Z',
    currency: 'GBP',
    customerId: '17850',
    total: 13912,
  });
  t.same(transaction.lines[0], {
    lineNumber: 1,
    itemId: '85123A',
    description: 'WHITE HANGING HEART T-LIGHT HOLDER',
    quantity: { value: 6, scale: 0 },
    unitPrice: { value: 255, scale: 2 },
    extendedAmount: 1530,
  });
  t.end();
});

void t.test('C is a return, A an adjustment, with the signs as written', (t) => {
  const returned = invoiceTransaction(
    anInvoice('C536379', [{ quantity: '-1', unitPrice: '27.5' }]),
  );
  t.match(returned, { type: 'return', total: -2750, tenders: [{ type: 'cash', amount: -2750 }] });
  t.same(returned.lines[0]?.unitPrice, { value: 275, scale: 1 });
  const adjusted = invoiceTransaction(
    anInvoice('A563186', [{ quantity: '1', unitPrice: '-11062.06' }]),
  );
  t.match(adjusted, { type: 'adjustment', total: -1106206 });
  t.end();
});

void t.test('half a penny rounds away from zero, line by line', (t) => {
  const line = { quantity: '1', unitPrice: '0.005' };
  t.equal(invoiceTransaction(anInvoice('1', [line, line])).total, 2);
  t.equal(invoiceTransaction(anInvoice('C1', [{ ...line, quantity: '-1' }])).total, -1);
  t.same(invoiceTransaction(anInvoice('1', [line])).lines[0]?.unitPrice, { value: 5, scale: 3 });
  t.end();
});

void t.test('the earliest line dates the invoice; what is missing is left out', (t) => {
  const transaction = invoiceTransaction(
    anInvoice('7', [
      { invoiceDate: '2010-12-02 00:01:00', description: '', customerId: '', unitPrice: '0' },
      { invoiceDate: '2010-12-01 23:59:00', customerId: '', unitPrice: '0' },
    ]),
  );
  t.match(transaction, { occurredAt: '2010-12-01T23:59:00Z', businessDate: '2010-12-01' });
  t.notOk('customerId' in transaction);
  t.notOk(transaction.lines[0] !== undefined && 'description' in transaction.lines[0]);
  t.same(transaction.tenders, []);
  t.same(
    transaction.lines.map((line) => line.lineNumber),
    [1, 2],
  );
  t.end();
});

void t.test('what is not of the form is refused with the invoice and the reason', (t) => {
  const refused = (invoice: Invoice, pattern: RegExp) =>
    t.throws(() => invoiceTransaction(invoice), { code: 'DEMO_DATA', message: pattern });
  refused(anInvoice('X12', [{}]), /X12/);
  refused(anInvoice('12', [{ quantity: '1e3' }]), /Invoice 12 .*Quantity is "1e3"/);
  refused(anInvoice('12', [{ invoiceDate: '01/12/2010' }]), /InvoiceDate/);
  t.end();
});

void t.test('names become version 5 UUIDs as in RFC 9562, appendix A.4', (t) => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
  t.equal(nameUuid(dns, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2');
  t.end();
});
