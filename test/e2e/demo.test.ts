/**
 * The demonstration on a small slice of its own sales, from the outside: the network is cut, the
 * gateway killed and started again, and both sides agree. A second replay on the same homes finds
 * duplicates only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { runTillgate } from '../support/run-tillgate.ts';
import { ownFolder } from '../support/own-folder.ts';

const SAMPLE = new URL('../../demo/data/2010-12.csv.gz', import.meta.url);

/** Enough for every accident to find tills at work; few enough for a test. */
const INVOICES = 120;

t.setTimeout(280_000);

/** The lines of the first invoices of December, and what they come to, by plain arithmetic. */
function slice(): { csv: string; pennies: number } {
  const [head = '', ...rows] = gunzipSync(readFileSync(SAMPLE)).toString('utf8').split('\n');
  const kept: string[] = [];
  const numbers = new Set<string>();
  let pennies = 0;
  for (const row of rows) {
    const invoiceNo = row.slice(0, row.indexOf(','));
    if (numbers.size === INVOICES && !numbers.has(invoiceNo)) continue;
    numbers.add(invoiceNo);
    kept.push(row);
    const match = /,(-?\d+),\d{4}-[^,]*,(-?[\d.]+),[^,]*,[^,]*$/.exec(row);
    const exact = Number(match?.[1]) * Number(match?.[2]) * 100;
    // No line of this slice has half a penny, so rounding is not what is tested here.
    pennies += Math.round(exact);
  }
  return { csv: `${[head, ...kept].join('\n')}\n`, pennies };
}

void t.test('a slice of December with a cut and a kill, twice on the same homes', (t) => {
  const folder = ownFolder(t);
  const { csv, pennies } = slice();
  const data = join(folder, 'slice.csv');
  writeFileSync(data, csv);
  const words = ['demo', '--data', data, '--tills', '3', '--keep', join(folder, 'kept'), '--json'];
  const total = (pennies / 100).toFixed(2);
  const expected = {
    invoices: INVOICES,
    accepted: INVOICES,
    rejected: 0,
    tillTotal: total,
    hqTotal: total,
    verified: true,
    proof: true,
    weighed: '1.250 kg',
    printed: true,
  };

  const first = runTillgate(words);
  t.equal(first.status, 0, first.stderr);
  t.match(first.json, expected);

  const second = runTillgate(words);
  t.equal(second.status, 0, second.stderr);
  t.match(second.json, { ...expected, duplicates: INVOICES });
  t.end();
});

void t.test('a sales file that is none ends it with a sentence, before anything starts', (t) => {
  const folder = ownFolder(t, { 'bad.csv': 'a,b\n1,2\n' });
  const { status, stderr } = runTillgate(['demo', '--data', join(folder, 'bad.csv')]);
  t.equal(status, 1);
  t.match(stderr, /^Error: .*bad\.csv lacks the column InvoiceNo.*\nTry: /);
  t.end();
});
