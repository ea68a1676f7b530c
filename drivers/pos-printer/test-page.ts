/** The page of `peripheral test`: shows at a glance width, styles, languages and codes of a printer. */
import type { ReceiptBlock, ReceiptDocument } from '../../protocol/receipt/document.ts';
import type { PrinterProfile } from './printer-profile.ts';

export function testPage(profile: PrinterProfile): ReceiptDocument {
  const blocks: ReceiptBlock[] = [
    { type: 'text', text: 'TILLGATE', align: 'center', bold: true },
    { type: 'text', text: profile.title, align: 'center' },
    { type: 'rule' },
    {
      type: 'columns',
      columns: [{ text: 'Profile' }, { text: profile.id, align: 'right' }],
    },
    {
      type: 'columns',
      columns: [{ text: 'Confirmation' }, { text: profile.confirmation, align: 'right' }],
    },
    { type: 'rule' },
    { type: 'text', text: 'English: The quick brown fox jumps over the lazy dog.' },
    { type: 'text', text: 'Deutsch: Größe, Äpfel, Übermaß, 12,30 €' },
    { type: 'text', text: '中文：欢迎光临，合计 ¥ 12.30' },
    { type: 'item', description: 'Article', amount: 1230, currency: 'EUR' },
    { type: 'total', label: 'Total', amount: 1230, currency: 'EUR', bold: true },
    { type: 'barcode', symbology: 'ean13', data: '4006381333931' },
    { type: 'qr', text: `tillgate test ${profile.id}`, align: 'center' },
    { type: 'cut' },
  ];
  return { language: 'en', currency: 'EUR', blocks };
}
