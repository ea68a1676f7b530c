/**
 * The receipt of an accepted transaction as a document: pure, in the words of a language, the same
 * for the same input, so that a copy reads like the receipt. It adds nothing up that the till did
 * not: amounts are the transaction's own. Texts of others are cleaned of control characters.
 *
 * It ends with the entry's reference (receipt-reference.ts), as QR code and to read.
 */
import type { Transaction } from '../transaction/schema.ts';
import type { ReceiptBlock, ReceiptDocument, ReceiptLanguage } from './document-schema.ts';
import { formatRate } from './format-amount.ts';
import { receiptLabels } from './labels/receipt-labels.ts';
import type { ReceiptLabels } from './labels/receipt-labels.ts';
import { localTime } from './local-time.ts';
import { checkValue, formatReference } from './receipt-reference.ts';

export interface ReceiptOptions {
  readonly language: ReceiptLanguage;
  /** The log that holds the transaction, and where. */
  readonly origin: string;
  readonly index: number;
  /** 32 bytes. */
  readonly leafHash: Uint8Array;
  /** 0 for the receipt itself, n for its nth copy. */
  readonly copy: number;
  /** The name of the store's picture, above all else. */
  readonly logo?: string | undefined;
  /** Lines above and below, from the store's configuration; the first above is its name. */
  readonly header: readonly string[];
  readonly footer: readonly string[];
  /** IANA name: the time of the transaction is printed in it. */
  readonly timeZone: string;
}

type Line = NonNullable<Transaction['lines']>[number];
type Tax = NonNullable<Transaction['taxes']>[number];

/** The receipt of an accepted transaction; it never throws for one that was accepted. */
export function transactionReceipt(
  transaction: Transaction,
  options: ReceiptOptions,
): ReceiptDocument {
  const labels = receiptLabels(options.language);
  return {
    language: options.language,
    currency: transaction.currency,
    blocks: [
      ...headBlocks(transaction, options, labels),
      ...bodyBlocks(transaction, options.language, labels),
      ...factBlocks(transaction, options, labels),
      ...referenceBlocks(options, labels),
      ...options.footer.map((text): ReceiptBlock => centred(text)),
      { type: 'cut' },
    ],
  };
}

function headBlocks(
  transaction: Transaction,
  options: ReceiptOptions,
  labels: ReceiptLabels,
): ReceiptBlock[] {
  const [name, ...others] = options.header;
  const title = titleOf(transaction, labels);
  const mark = (text: string): ReceiptBlock => ({
    type: 'text',
    text,
    align: 'center',
    bold: true,
    height: 2,
  });
  const { logo } = options;
  return [
    ...(logo === undefined ? [] : [{ type: 'logo', name: logo, align: 'center' } as const]),
    ...(name === undefined ? [] : [mark(clean(name))]),
    ...others.map((text) => centred(text)),
    ...(title === undefined ? [] : [mark(title)]),
    ...(transaction.training === true ? [inverted(labels.training)] : []),
    ...(options.copy > 0 ? [inverted(labels.copy.replace('{n}', String(options.copy)))] : []),
    { type: 'rule' },
  ];
}

function titleOf(transaction: Transaction, labels: ReceiptLabels): string | undefined {
  switch (transaction.type) {
    case 'sale':
      return undefined;
    case 'cashMovement':
      return transaction.total < 0 ? labels.types.cashOut : labels.types.cashIn;
    default:
      return labels.types[transaction.type];
  }
}

function bodyBlocks(
  transaction: Transaction,
  language: ReceiptLanguage,
  labels: ReceiptLabels,
): ReceiptBlock[] {
  if (transaction.type === 'noSale') return [];
  const lines = (transaction.lines ?? []).map((line) => itemBlock(line, labels));
  const taxes = transaction.taxes ?? [];
  const isRefund = transaction.type === 'return' && transaction.total < 0;
  return [
    ...lines,
    ...(lines.length > 0 ? [{ type: 'rule' } as const] : []),
    ...taxes
      .filter((tax) => tax.included !== true)
      .map((tax) => taxBlock(tax, language, labels.tax)),
    {
      type: 'total',
      label: isRefund ? labels.refundTotal : labels.total,
      amount: transaction.total,
      bold: true,
      height: 2,
    },
    ...(transaction.tenders ?? []).map(({ type, amount }): ReceiptBlock => ({
      type: 'total',
      label: Object.hasOwn(labels.tenders, type) ? (labels.tenders[type] ?? type) : type,
      // Everybody reads the word; a minus beside it would read like money owed.
      amount: type === 'change' && amount !== 0 ? -amount : amount,
    })),
    ...taxes
      .filter((tax) => tax.included === true)
      .map((tax) => taxBlock(tax, language, labels.taxIncluded)),
  ];
}

function itemBlock(line: Line, labels: ReceiptLabels): ReceiptBlock {
  const discounts = line.discounts ?? [];
  const { value, scale, unit } = line.quantity;
  // Pieces are what one counts anyway; other units are named in the language where it has a word.
  const named = unit === null || unit === undefined || unit === 'EA' ? undefined : clean(unit);
  const word = named === undefined ? undefined : (labels.units[named] ?? named);
  return {
    type: 'item',
    description: clean(line.description ?? line.itemId),
    quantity: { value, scale, ...(word === undefined ? {} : { unit: word }) },
    unitPrice: { value: line.unitPrice.value, scale: line.unitPrice.scale },
    ...(discounts.length === 0
      ? {}
      : {
          discounts: discounts.map(({ code, amount }) => ({
            description:
              code === null || code === undefined
                ? labels.discount
                : `${labels.discount} ${clean(code)}`,
            amount,
          })),
        }),
    amount: discounts.reduce((sum, discount) => sum + discount.amount, line.extendedAmount),
  };
}

function taxBlock(tax: Tax, language: ReceiptLanguage, label: string): ReceiptBlock {
  const rate =
    tax.rate === null || tax.rate === undefined ? '' : ` ${formatRate(tax.rate, language)}`;
  const code = tax.code === null || tax.code === undefined ? '' : ` ${clean(tax.code)}`;
  return { type: 'total', label: `${label}${code}${rate}`, amount: tax.amount };
}

function factBlocks(
  transaction: Transaction,
  options: ReceiptOptions,
  labels: ReceiptLabels,
): ReceiptBlock[] {
  const time = localTime(transaction.occurredAt, options.timeZone);
  const facts: [string, string | null | undefined][] = [
    [labels.time, time],
    // The trading day is worth a line only where it is another one than the calendar's.
    [
      labels.businessDate,
      time.startsWith(transaction.businessDate) ? null : transaction.businessDate,
    ],
    [labels.receiptNumber, String(transaction.sequenceNumber)],
    [labels.operator, transaction.operatorId],
    [labels.customer, transaction.customerId],
    [labels.originalTransaction, transaction.originalTransactionId],
  ];
  return [
    { type: 'rule' },
    ...facts.flatMap(([label, fact]): ReceiptBlock[] =>
      fact === null || fact === undefined
        ? []
        : [{ type: 'text', text: `${label}: ${clean(fact)}` }],
    ),
  ];
}

function referenceBlocks(options: ReceiptOptions, labels: ReceiptLabels): ReceiptBlock[] {
  const { origin, index } = options;
  const check = checkValue(options.leafHash);
  const text = formatReference({ origin, index, check });
  return [
    { type: 'feed' },
    { type: 'qr', text, align: 'center', moduleDots: 4, errorLevel: 'M' },
    { type: 'feed' },
    centred(`${labels.proof}\n${origin}\n#${index}.${check}`),
  ];
}

function centred(text: string): ReceiptBlock {
  return { type: 'text', text: clean(text, '\n'), align: 'center' };
}

function inverted(text: string): ReceiptBlock {
  return { type: 'text', text: ` ${text} `, align: 'center', bold: true, invert: true };
}

/** Texts of transactions may hold anything; a document holds no control character. */
function clean(text: string, kept = ''): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, (sign) => (sign === kept ? sign : ' '));
}
