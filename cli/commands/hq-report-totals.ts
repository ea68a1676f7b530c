/** `tillgate hq report totals`: what the stores sold, to the minor unit, as headquarters counts it. */
import { hqPaths } from '../../config/paths.ts';
import type { HqTotals } from '../../hq/control/read-totals.ts';
import type { Command } from '../command.ts';

export const hqReportTotals: Command = {
  words: 'hq report totals',
  summary: 'sum the sales by store, currency and business date',
  details:
    'Sales, returns, voids and adjustments; each transaction id once in a store. The figures cover ' +
    'what headquarters holds at the time; `complete` is false when its tables could not catch up.',
  async run(context) {
    const { readTotalsOfHq } = await import('../../hq/control/read-totals.ts');
    const totals = await readTotalsOfHq(hqPaths(context.home), () => context.clock.monotonicMs());
    context.output.result(totals, screen(totals));
    return undefined;
  },
};

function screen(totals: HqTotals): string {
  const lines = totals.rows.map(
    ({ businessDate, chain, store, transactions, total, currency }) =>
      `${businessDate}  ${chain}/${store}  ${String(transactions).padStart(7)}  ${total} ${currency}`,
  );
  for (const { currency, transactions, total } of totals.overall) {
    lines.push(`all         ${transactions} transactions, ${total} ${currency}`);
  }
  const { duplicates, conflicts, quarantined } = totals;
  lines.push(`${duplicates} duplicates, ${conflicts} conflicts, ${quarantined} in quarantine`);
  const covered = `covers ${totals.entries} of ${totals.custodyEntries} entries`;
  lines.push(totals.complete ? covered : `${covered}: NOT COMPLETE, ask again in a moment`);
  return lines.join('\n');
}
