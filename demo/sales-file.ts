/**
 * Reads a sales file (`.csv` or `.csv.gz`, columns as in demo/data/README.md) into invoices, in the
 * order in which they begin. The lines of one invoice need not stand together, so a file is held in
 * memory as a whole: a month is a few megabytes.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { TillgateError } from '../protocol/errors.ts';

export type InvoiceLine = {
  stockCode: string;
  /** Empty when missing. */
  description: string;
  /** Decimal text, as written. */
  quantity: string;
  /** Local time without a zone: `2010-12-01 08:26:00`. */
  invoiceDate: string;
  /** Decimal text in pounds, as written. */
  unitPrice: string;
  /** Empty when missing. */
  customerId: string;
};

export type Invoice = { invoiceNo: string; lines: InvoiceLine[] };

const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
] as const;

type Row = Readonly<Record<string, string>>;

/** Throws DEMO_DATA when the file is absent, is not such a file, or lacks a column. */
export function readSalesFile(path: string): Invoice[] {
  const invoices = new Map<string, Invoice>();
  for (const row of readRows(path)) addRow(invoices, row, path);
  if (invoices.size === 0) throw new TillgateError('DEMO_DATA', `${path} holds no invoice.`);
  return [...invoices.values()];
}

function readRows(path: string): Row[] {
  try {
    const bytes = readFileSync(path);
    const text = path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    return parse<Row>(text, { columns: true, bom: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TillgateError('DEMO_DATA', `${path} cannot be read as sales: ${reason}`, { cause });
  }
}

function addRow(invoices: Map<string, Invoice>, row: Row, path: string): void {
  for (const column of COLUMNS) {
    if (row[column] === undefined) {
      throw new TillgateError('DEMO_DATA', `${path} lacks the column ${column}.`);
    }
  }
  const invoiceNo = row['InvoiceNo'] ?? '';
  const invoice = invoices.get(invoiceNo) ?? { invoiceNo, lines: [] };
  invoices.set(invoiceNo, invoice);
  invoice.lines.push({
    stockCode: row['StockCode'] ?? '',
    description: row['Description'] ?? '',
    quantity: row['Quantity'] ?? '',
    invoiceDate: row['InvoiceDate'] ?? '',
    unitPrice: row['UnitPrice'] ?? '',
    customerId: row['CustomerID'] ?? '',
  });
}
