/** The words of a receipt in German. */
import type { ReceiptLabels } from './receipt-labels.ts';

export const GERMAN: ReceiptLabels = {
  types: {
    return: 'RÜCKGABE',
    void: 'STORNO',
    adjustment: 'KORREKTUR',
    cashIn: 'BAREINLAGE',
    cashOut: 'BARENTNAHME',
    noSale: 'LADE GEÖFFNET',
  },
  total: 'SUMME',
  refundTotal: 'ERSTATTUNG',
  discount: 'Rabatt',
  tax: 'Steuer',
  taxIncluded: 'Enthaltene Steuer',
  tenders: {
    cash: 'Bar',
    change: 'Rückgeld',
    card: 'Karte',
    voucher: 'Gutschein',
    rounding: 'Rundung',
    other: 'Sonstige',
  },
  training: 'ÜBUNG - KEIN BELEG',
  copy: 'Kopie {n}',
  time: 'Zeit',
  businessDate: 'Geschäftstag',
  receiptNumber: 'Bon-Nr.',
  operator: 'Bediener',
  customer: 'Kunde',
  originalTransaction: 'Ursprünglicher Vorgang',
  proof: 'Verbucht als',
  units: { KGM: 'kg', GRM: 'g', LTR: 'l', MLT: 'ml', MTR: 'm', LBR: 'lb', ONZ: 'oz', HUR: 'Std.' },
};
