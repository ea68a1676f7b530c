/**
 * Codes that a customer's telephone shows to pay with. Whoever has one may take money once within a
 * minute, so it is worth as much as a card: it goes to the till that asked, and nowhere else.
 *
 *   WeChat Pay   18 digits from 10 to 15        Alipay   16 to 24 digits from 25 to 30
 *   UnionPay     19 digits from 62
 */
import type { Symbology } from './symbology.ts';

export type PaymentClass = 'wechat' | 'alipay' | 'unionpay';

const RULES: readonly (readonly [PaymentClass, RegExp])[] = [
  ['wechat', /^1[0-5]\d{16}$/],
  ['alipay', /^(?:2[5-9]|30)\d{14,22}$/],
  ['unionpay', /^62\d{17}$/],
];

/** Telephones show them as Code 128 and as QR code; the number of a parcel in ITF is none. */
const SYMBOLS: ReadonlySet<Symbology> = new Set<Symbology>([
  ...(['Code128', 'QRCODE', 'UNKNOWN', 'OTHER'] as const),
]);

export function paymentClassOf(digits: string, symbology: Symbology): PaymentClass | undefined {
  return SYMBOLS.has(symbology) ? paymentClassOfDigits(digits) : undefined;
}

/** By the digits alone: for hiding, where rather one too many is hidden. */
export function paymentClassOfDigits(digits: string): PaymentClass | undefined {
  return RULES.find(([, rule]) => rule.test(digits))?.[0];
}

/** Could a payment code begin like this? */
export function mayBePayment(digits: string): boolean {
  return /^(?:1[0-5]?|2[5-9]?|30?|62?)?$/.test(digits.slice(0, 2));
}

/** As much as may be kept: first two and last four. */
export const SHOWN_FIRST = 2;
export const SHOWN_LAST = 4;

export function maskedCode(digits: string): string {
  const hidden = Math.max(0, digits.length - SHOWN_FIRST - SHOWN_LAST);
  return `${digits.slice(0, SHOWN_FIRST)}${'*'.repeat(hidden)}${digits.slice(digits.length - SHOWN_LAST)}`;
}
