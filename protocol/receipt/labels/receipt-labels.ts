/** The words of a receipt, one file a language. A language more is one file and one line here. */
import type { ReceiptLanguage } from '../document-schema.ts';
import { GERMAN } from './de.ts';
import { ENGLISH } from './en.ts';
import { CHINESE } from './zh.ts';

export interface ReceiptLabels {
  /** Names of the kinds of transaction; a sale has none, since its receipt needs no title. */
  readonly types: Readonly<
    Record<'return' | 'void' | 'adjustment' | 'cashIn' | 'cashOut' | 'noSale', string>
  >;
  readonly total: string;
  /** A total that is paid out. */
  readonly refundTotal: string;
  readonly discount: string;
  readonly tax: string;
  /** Before the amount of a tax that the lines contain. */
  readonly taxIncluded: string;
  /** Means of payment by tender type; others are printed as they are. */
  readonly tenders: Readonly<Record<string, string>>;
  readonly training: string;
  /** `{n}` is the number of the copy. */
  readonly copy: string;
  readonly time: string;
  readonly businessDate: string;
  readonly receiptNumber: string;
  readonly operator: string;
  readonly customer: string;
  readonly originalTransaction: string;
  /** Stands above the QR code that names the entry. */
  readonly proof: string;
  /** Units of measure by their code of UN/ECE Recommendation 20; pieces are not named. */
  readonly units: Readonly<Record<string, string>>;
}

const LABELS: Readonly<Record<ReceiptLanguage, ReceiptLabels>> = {
  en: ENGLISH,
  de: GERMAN,
  zh: CHINESE,
};

export function receiptLabels(language: ReceiptLanguage): ReceiptLabels {
  return LABELS[language];
}
