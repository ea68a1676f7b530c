import t from 'tap';
import { allHolds, endTable } from './end-table.ts';
import type { EndResult } from './end-table.ts';

const good: EndResult = {
  invoices: 2025,
  accepted: 2025,
  rejected: 0,
  duplicates: 17,
  hqEntries: 2050,
  tillTotal: '748957.02',
  hqTotal: '748957.02',
  verified: true,
  proof: true,
  scanned: '85123A',
  weighed: '1.250 kg',
  printed: true,
  receiptPicture: 'receipt.png',
};

void t.test('it holds only when everything does', (t) => {
  t.equal(allHolds(good), true);
  const bad: Partial<EndResult>[] = [
    { accepted: 2024 },
    { accepted: 2024, rejected: 1 },
    { hqTotal: '748957.01' },
    { verified: false },
    { proof: false },
    { printed: false },
  ];
  for (const change of bad)
    t.equal(allHolds({ ...good, ...change }), false, JSON.stringify(change));
  t.end();
});

void t.test('the table says all of it', (t) => {
  const table = endTable({ ...good, proof: false });
  for (const text of ['2,025', '17', '748957.02 GBP', 'sum at HQ', 'NO', 'receipt.png'])
    t.match(table, text);
  t.end();
});
