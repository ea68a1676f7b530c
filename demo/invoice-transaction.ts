/**
 * What an invoice of the sample becomes: one transaction, a pure function of the invoice, so that a
 * second replay – with any number of tills, any order of files – submits the same content.
 *
 *   InvoiceNo      transactionId (a UUID derived from it) and, its digits, sequenceNumber
 *                  `C…` is a return, `A…` an adjustment, all else a sale
 *   InvoiceDate    occurredAt is that of the earliest line, taken as UTC; its day is businessDate
 *   StockCode      itemId
 *   Description    description, left out when empty
 *   Quantity       a whole number of scale 0, negative as written
 *   UnitPrice      keeps the decimals it is written with: `2.1` is 21 of scale 1
 *   CustomerID     customerId without its `.0`, left out when empty
 *   (the sum)      each line rounded half away from zero to the penny; paid in cash, with no tender
 *                  when it is zero
 *
 * Country is left out: the schema has no member for it.
 */
import { TillgateError } from '../protocol/errors.ts';
import { addExact } from '../protocol/money.ts';
import type { Exact } from '../protocol/money.ts';
import { must } from '../protocol/must.ts';
import { parseScaled, roundedProduct } from '../protocol/scaled.ts';
import type { Scaled } from '../protocol/scaled.ts';
import { nameUuid } from './name-uuid.ts';
import type { Invoice, InvoiceLine } from './sales-file.ts';

export type InvoiceTransaction = {
  transactionId: string;
  type: 'sale' | 'return' | 'adjustment';
  sequenceNumber: number;
  businessDate: string;
  occurredAt: string;
  currency: 'GBP';
  lines: {
    lineNumber: number;
    itemId: string;
    description?: string;
    quantity: Scaled;
    unitPrice: Scaled;
    extendedAmount: number;
  }[];
  tenders: { type: 'cash'; amount: number }[];
  total: number;
  customerId?: string;
};

/** Pennies in a pound, as digits. */
export const MINOR_DIGITS = 2;

/** UUID version 5 of the data set's own address, <https://doi.org/10.24432/C5BW33>. */
const INVOICE_NAMESPACE = '2be43a6b-2a40-5c9f-a6df-b2245ddfce23';

const TYPE_BY_LETTER = { '': 'sale', C: 'return', A: 'adjustment' } as const;

/** Throws DEMO_DATA, naming the invoice, when a field is not of the form the sample has. */
export function invoiceTransaction(invoice: Invoice): InvoiceTransaction {
  const { invoiceNo } = invoice;
  const [letter, digits] = invoiceNumberParts(invoiceNo);
  const lines = invoice.lines.map((line, at) => transactionLine(line, at + 1, invoiceNo));
  const total = safe(
    lines.reduce<Exact>((sum, line) => addExact(sum, line.extendedAmount), 0),
    invoiceNo,
  );
  const earliest = must(invoice.lines.map((line) => line.invoiceDate).sort()[0], 'a line');
  const occurredAt = timestamp(earliest, invoiceNo);
  const customerId = must(invoice.lines[0], 'a line').customerId.replace(/\.0$/, '');
  return {
    transactionId: nameUuid(INVOICE_NAMESPACE, invoiceNo),
    type: TYPE_BY_LETTER[letter],
    sequenceNumber: digits,
    businessDate: occurredAt.slice(0, 10),
    occurredAt,
    currency: 'GBP',
    lines,
    tenders: total === 0 ? [] : [{ type: 'cash', amount: total }],
    total,
    ...(customerId === '' ? {} : { customerId }),
  };
}

function transactionLine(line: InvoiceLine, lineNumber: number, invoiceNo: string) {
  const quantity = decimal(line.quantity, 'Quantity', invoiceNo);
  const unitPrice = decimal(line.unitPrice, 'UnitPrice', invoiceNo);
  return {
    lineNumber,
    itemId: line.stockCode,
    ...(line.description === '' ? {} : { description: line.description }),
    quantity,
    unitPrice,
    extendedAmount: safe(roundedProduct(quantity, unitPrice, MINOR_DIGITS), invoiceNo),
  };
}

function invoiceNumberParts(invoiceNo: string): [keyof typeof TYPE_BY_LETTER, number] {
  const match = /^([CA]?)(\d{1,15})$/.exec(invoiceNo);
  if (match === null) throw bad(invoiceNo, `its number is not digits after an optional C or A`);
  const [, letter = '', digits = ''] = match;
  return [letter as keyof typeof TYPE_BY_LETTER, Number(digits)];
}

function decimal(text: string, column: string, invoiceNo: string): Scaled {
  const value = parseScaled(text);
  if (value === undefined) throw bad(invoiceNo, `${column} is "${text}", not a decimal number`);
  return value;
}

function timestamp(text: string, invoiceNo: string): string {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) {
    throw bad(invoiceNo, `InvoiceDate is "${text}", not like 2010-12-01 08:26:00`);
  }
  return `${text.replace(' ', 'T')}Z`;
}

function safe(amount: Exact, invoiceNo: string): number {
  if (typeof amount === 'bigint') throw bad(invoiceNo, 'an amount is beyond 2^53 pennies');
  return amount;
}

function bad(invoiceNo: string, why: string): TillgateError {
  return new TillgateError('DEMO_DATA', `Invoice ${invoiceNo} cannot be submitted: ${why}.`);
}
