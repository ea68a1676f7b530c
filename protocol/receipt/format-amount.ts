/**
 * Amounts and quantities as people of a language write them, from integers alone. Not left to Intl,
 * whose output changes with its data: a copy of a receipt has to read like the receipt.
 */
import { minorUnitDigits } from '../currency.ts';
import { formatMoney } from '../money.ts';
import type { Scaled } from '../scaled.ts';
import type { ReceiptLanguage } from './document-schema.ts';

const SYMBOLS: Readonly<Record<string, string>> = {
  EUR: '€',
  GBP: '£',
  USD: '$',
  CNY: '¥',
  JPY: '¥',
};

/** Keeps amount and currency on one line. */
const NO_BREAK_SPACE = '\u00a0';
/** Where a document names no currency, as most have it. */
const DIGITS_DEFAULT = 2;

export interface AmountForm {
  readonly language: ReceiptLanguage;
  readonly currency: string | undefined;
  /** False for columns of amounts that all have the same currency. */
  readonly withCurrency: boolean;
}

/** `minor` is a safe integer. */
export function formatAmount(minor: number, form: AmountForm): string {
  const { language, currency } = form;
  const digits = currency === undefined ? DIGITS_DEFAULT : (minorUnitDigits(currency) ?? 0);
  const sign = minor < 0 ? '-' : '';
  const number = grouped(formatMoney(Math.abs(minor), digits), language);
  if (currency === undefined || !form.withCurrency) return `${sign}${number}`;
  const symbol = SYMBOLS[currency] ?? currency;
  if (language === 'de') return `${sign}${number}${NO_BREAK_SPACE}${symbol}`;
  const gap = symbol === currency ? NO_BREAK_SPACE : '';
  return `${sign}${symbol}${gap}${number}`;
}

/** Without trailing zeros, except for `digitsMin` digits behind the point. */
export function formatScaled(number: Scaled, language: ReceiptLanguage, digitsMin = 0): string {
  const sign = number.value < 0 ? '-' : '';
  const text = formatMoney(Math.abs(number.value), number.scale);
  const [whole = '', fraction = ''] = text.split('.');
  const shortest = fraction.replace(/0+$/, '').padEnd(digitsMin, '0');
  return `${sign}${grouped(shortest === '' ? whole : `${whole}.${shortest}`, language)}`;
}

/** A rate given as a fraction, as a percentage: value 7, scale 2 is `7%`. */
export function formatRate(rate: Scaled, language: ReceiptLanguage): string {
  const { value, scale } = rate;
  const percent =
    scale >= 2 ? { value, scale: scale - 2 } : { value: value * 10 ** (2 - scale), scale: 0 };
  return `${formatScaled(percent, language)}${language === 'de' ? NO_BREAK_SPACE : ''}%`;
}

function grouped(decimal: string, language: ReceiptLanguage): string {
  const [whole = '', fraction] = decimal.split('.');
  const [group, point] = language === 'de' ? ['.', ','] : [',', '.'];
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return fraction === undefined ? groups : `${groups}${point}${fraction}`;
}
