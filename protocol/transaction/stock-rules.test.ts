/** Goal: a movement of stock that means nothing is refused with its code and the place. */
import t from 'tap';
import type { JsonObject } from '../json/json-value.ts';
import { sampleLine, sampleSale } from './fixtures/sample-sale.ts';
import { judgeSubmission } from './judge.ts';

async function problemsOf(stock: JsonObject, members: JsonObject = {}): Promise<string[]> {
  const moved = { type: 'adjustment', total: 0, tenders: [], stock };
  const free = { unitPrice: { value: 0, scale: 0 }, extendedAmount: 0 };
  const transaction = sampleSale({ ...moved, lines: [sampleLine(free)], ...members });
  const payload = Buffer.from(JSON.stringify(transaction));
  const judged = await judgeSubmission(payload, { deviceKeys: [], requireSignature: false });
  if (judged.verdict === 'acceptable') return [];
  return judged.problems.map(({ code, path }) => `${code} ${path}`);
}

void t.test('what moves goods is taken', async (t) => {
  const good: JsonObject[] = [
    { movement: 'receipt' },
    { movement: 'count', asOf: 41, counterpart: null },
    { movement: 'transferIn', counterpart: 's0002' },
    { movement: 'transferOut' },
    { movement: 'adjustment', asOf: null },
  ];
  for (const stock of good) t.strictSame(await problemsOf(stock), [], JSON.stringify(stock));
});

void t.test('what means nothing is refused', async (t) => {
  const refused = async (expected: string, stock: JsonObject, members?: JsonObject) =>
    t.strictSame(await problemsOf(stock, members), [expected]);
  const paid = { tenders: [{ type: 'cash', amount: 1530 }], total: 1530, lines: [sampleLine()] };
  await refused('TXN_STOCK_TYPE /stock', { movement: 'receipt' }, { type: 'sale', ...paid });
  await refused('TXN_VALUE_INVALID /stock/movement', { movement: 'gift' });
  await refused('TXN_MEMBER_MISSING /stock/movement', {});
  await refused('TXN_STOCK_MISPLACED /stock/counterpart', { movement: 'count', counterpart: 's2' });
  await refused('TXN_VALUE_INVALID /stock/counterpart', {
    ...{ movement: 'transferIn', counterpart: 'No 2' },
  });
  await refused('TXN_STOCK_MISPLACED /stock/asOf', { movement: 'receipt', asOf: 3 });
  await refused('TXN_NUMBER_OUT_OF_RANGE /stock/asOf', { movement: 'count', asOf: -1 });
  const free = { unitPrice: { value: 0, scale: 0 }, extendedAmount: 0 };
  const missing = sampleLine({ ...free, quantity: { value: -1, scale: 0 } });
  await refused(
    'TXN_STOCK_COUNT_NEGATIVE /lines/0/quantity/value',
    { movement: 'count' },
    { lines: [missing] },
  );
});
