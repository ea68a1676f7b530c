/** The words of a receipt in English. */
import type { ReceiptLabels } from './receipt-labels.ts';

export const ENGLISH: ReceiptLabels = {
  types: {
    return: 'RETURN',
    void: 'VOID',
    adjustment: 'ADJUSTMENT',
    cashIn: 'CASH PAID IN',
    cashOut: 'CASH PAID OUT',
    noSale: 'NO SALE',
  },
  total: 'TOTAL',
  refundTotal: 'REFUND',
  discount: 'Discount',
  tax: 'Tax',
  taxIncluded: 'Includes tax',
  tenders: {
    cash: 'Cash',
    change: 'Change',
    card: 'Card',
    voucher: 'Voucher',
    rounding: 'Rounding',
    other: 'Other',
  },
  training: 'TRAINING - NOT A RECEIPT',
  copy: 'COPY {n}',
  time: 'Time',
  businessDate: 'Business date',
  receiptNumber: 'No.',
  operator: 'Operator',
  customer: 'Customer',
  originalTransaction: 'Original transaction',
  proof: 'Recorded as',
  units: { KGM: 'kg', GRM: 'g', LTR: 'l', MLT: 'ml', MTR: 'm', LBR: 'lb', ONZ: 'oz', HUR: 'h' },
};
