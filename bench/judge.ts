/**
 * What judging an unsigned sale of 1 KiB costs, beside what the runtime's own JSON.parse and
 * SHA-256 cost for the same bytes in the same run. Rounds alternate, so that a busy machine slows
 * both alike; the median round counts.
 *
 *     node bench/judge.ts
 */
import { hash } from 'node:crypto';
import { judgeSubmission } from '../protocol/transaction/judge.ts';

const ROUNDS = 21;
const REPEATS = 4_000;

const lines = [1, 2, 3, 4].map((lineNumber) => ({
  lineNumber,
  itemId: '85123A',
  description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  quantity: { value: 6, scale: 0, unit: 'EA' },
  unitPrice: { value: 255, scale: 2 },
  extendedAmount: 1530,
}));
const sale = Buffer.from(
  JSON.stringify({
    transactionId: '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11',
    type: 'sale',
    sequenceNumber: 1234,
    businessDate: '2010-12-01',
    occurredAt: '2010-12-01T08:26:00Z',
    operatorId: 'op-7',
    currency: 'GBP',
    lines,
    tenders: [{ type: 'cash', amount: 6120 }],
    total: 6120,
    customerId: '17850',
  }),
);
const context = { deviceKeys: [], requireSignature: true };

function judge(): void {
  void judgeSubmission(sale, context);
}

function baseline(): void {
  JSON.parse(sale.toString());
  hash('sha256', sale, 'buffer');
}

/** Microseconds for one call, over a round. */
function round(work: () => void): number {
  const startedAt = process.hrtime.bigint();
  for (let at = 0; at < REPEATS; at += 1) work();
  return Number(process.hrtime.bigint() - startedAt) / REPEATS / 1_000;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

round(judge);
round(baseline);
const judged: number[] = [];
const parsed: number[] = [];
for (let at = 0; at < ROUNDS; at += 1) {
  judged.push(round(judge));
  parsed.push(round(baseline));
}
const figure = median(judged);
const base = median(parsed);
console.log(`sale                    ${sale.length} bytes, unsigned, accepted`);
console.log(`judge                   ${figure.toFixed(1)} µs  (wanted: at most 40)`);
console.log(`JSON.parse and SHA-256  ${base.toFixed(1)} µs`);
console.log(`ratio                   ${(figure / base).toFixed(2)}`);
