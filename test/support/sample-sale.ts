/** A valid sale, and what of it a test wants different. */
export function sampleSale(changes: Record<string, unknown> = {}): string {
  const sale = {
    transactionId: '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11',
    type: 'sale',
    sequenceNumber: 1234,
    businessDate: '2010-12-01',
    occurredAt: '2010-12-01T08:26:00Z',
    operatorId: 'op-7',
    currency: 'GBP',
    lines: [
      {
        lineNumber: 1,
        itemId: '85123A',
        description: 'WHITE HANGING HEART T-LIGHT HOLDER',
        quantity: { value: 6, scale: 0, unit: 'EA' },
        unitPrice: { value: 255, scale: 2 },
        discounts: [{ code: 'TEN-OFF', amount: 10 }],
        extendedAmount: 1520,
      },
    ],
    taxes: [{ code: 'VAT20', rate: { value: 20, scale: 2 }, amount: 304, included: false }],
    tenders: [
      { type: 'cash', amount: 2000 },
      { type: 'change', amount: -176 },
    ],
    total: 1824,
    customerId: '17850',
    originalTransactionId: null,
  };
  return JSON.stringify({ ...sale, ...changes });
}
