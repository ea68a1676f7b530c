import fc from 'fast-check';
import t from 'tap';
import { formatAmount, formatRate, formatScaled } from './format-amount.ts';
import type { ReceiptLanguage } from './document-schema.ts';

const shown = (minor: number, language: ReceiptLanguage, currency?: string, withCurrency = true) =>
  formatAmount(minor, { language, currency, withCurrency }).replaceAll('\u00a0', ' ');

void t.test('amounts read as people of a language write them', (t) => {
  t.equal(shown(123456, 'de', 'EUR'), '1.234,56 €');
  t.equal(shown(123456, 'en', 'GBP'), '£1,234.56');
  t.equal(shown(123456, 'zh', 'CNY'), '¥1,234.56');
  t.equal(shown(123456, 'en', 'JPY'), '¥123,456');
  t.equal(shown(-5, 'de', 'EUR'), '-0,05 €');
  t.equal(shown(-5, 'en', 'USD'), '-$0.05');
  t.equal(shown(1234567, 'en', 'KWD'), 'KWD 1,234.567');
  t.equal(shown(100, 'de', 'CHF'), '1,00 CHF');
  t.equal(shown(100, 'en'), '1.00');
  t.equal(shown(100000, 'de', 'EUR', false), '1.000,00');
  t.equal(shown(Number.MAX_SAFE_INTEGER, 'en', 'EUR'), '€90,071,992,547,409.91');
  t.end();
});

void t.test('quantities and rates lose zeros that say nothing', (t) => {
  t.equal(formatScaled({ value: 1250, scale: 3 }, 'de'), '1,25');
  t.equal(formatScaled({ value: 6, scale: 0 }, 'en'), '6');
  t.equal(formatScaled({ value: 2550000, scale: 6 }, 'en', 2), '2.55');
  t.equal(formatScaled({ value: 2, scale: 0 }, 'en', 2), '2.00');
  t.equal(formatScaled({ value: -1500, scale: 0 }, 'de'), '-1.500');
  t.equal(formatRate({ value: 7, scale: 2 }, 'en'), '7%');
  t.equal(formatRate({ value: 55, scale: 3 }, 'de').replace('\u00a0', ' '), '5,5 %');
  t.equal(formatRate({ value: 1, scale: 0 }, 'zh'), '100%');
  t.end();
});

void t.test('no digit of an amount is lost', (t) => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('en', 'de', 'zh'), (minor, language) => {
      const digits = shown(minor, language, 'EUR').replaceAll(/[^\d-]/g, '');
      return Number(digits) === minor;
    }),
    { numRuns: 200 },
  );
  t.end();
});
