/**
 * The page by which a person sees what a printer makes of text: the width of its paper in cells,
 * styles, languages, signs of several code pages, codes, and a line of Chinese, printed or drawn.
 */
import type { ReceiptBlock, ReceiptDocument } from './document-schema.ts';

export interface TestPageFacts {
  /** The printer's name for people. */
  readonly title: string;
  /** Cells of a line of font A. */
  readonly columns: number;
  /** Names of its code pages. */
  readonly codePages: readonly string[];
  /** Lines about the printer: what it says of itself, its profile. */
  readonly facts: readonly (readonly [label: string, fact: string])[];
}

/** One line each, so that a missing page shows as one drawn line. */
const SAMPLES = [
  'English  The quick brown fox, 1,234.56',
  'Deutsch  Größe Äpfel Übermaß „süß“',
  'Français Crème brûlée à l’œuvre',
  'Polski   Zażółć gęślą jaźń',
  'Русский  Съешь же ещё булок',
  '€ £ ¥ § ° ½ × ÷ ± µ',
  '中文 销售小票 合计 ￥1,234.56 谢谢惠顾',
] as const;

/** Each says what it is. */
const STYLES: readonly ReceiptBlock[] = [
  { type: 'text', text: 'bold', bold: true },
  { type: 'text', text: 'underlined', underline: true },
  { type: 'text', text: ' inverted ', invert: true },
  { type: 'text', text: 'small', font: 'B' },
  { type: 'text', text: 'wide', width: 2 },
  { type: 'text', text: 'high', height: 2 },
  { type: 'text', text: 'large', width: 4, height: 4 },
  {
    type: 'columns',
    columns: [
      { text: 'left' },
      { text: 'centre', align: 'center' },
      { text: 'right', align: 'right' },
    ],
  },
  {
    type: 'item',
    description: 'Article',
    quantity: { value: 1425, scale: 3, unit: 'kg' },
    unitPrice: { value: 299, scale: 2 },
    amount: 426,
  },
  { type: 'total', label: 'TOTAL', amount: 426, bold: true, height: 2 },
];

export function testPage(page: TestPageFacts): ReceiptDocument {
  return {
    language: 'en',
    currency: 'EUR',
    blocks: [
      { type: 'text', text: page.title, align: 'center', bold: true, height: 2 },
      { type: 'text', text: ruler(page.columns) },
      ...page.facts.map(([label, fact]): ReceiptBlock => ({
        type: 'text',
        text: `${label}: ${fact}`,
      })),
      { type: 'text', text: `Code pages: ${page.codePages.join(', ')}` },
      { type: 'rule' },
      ...SAMPLES.map((text): ReceiptBlock => ({ type: 'text', text })),
      { type: 'rule', line: 'double' },
      ...STYLES,
      { type: 'barcode', symbology: 'ean13', data: '4006381333931', align: 'center' },
      { type: 'feed' },
      { type: 'qr', text: 'tillgate test page 测试', align: 'center', moduleDots: 4 },
      { type: 'feed' },
      { type: 'cut' },
    ],
  };
}

/** `----5----10---15` up to the last cell, so that a wrong width is seen at once. */
function ruler(columns: number): string {
  let text = '';
  for (let at = 5; text.length < columns; at += 5) {
    const mark = String(at);
    text = text.padEnd(at - 1, '-') + mark;
  }
  return text.slice(0, columns);
}
