/** What the demonstration comes to: one document for programs, one table for people, one verdict. */
import Table from 'cli-table3';
import type { CounterResult } from './counter.ts';

export type EndResult = {
  invoices: number;
  accepted: number;
  rejected: number;
  duplicates: number;
  hqEntries: number;
  /** Decimal text in pounds: what the tills took for their accepted answers. */
  tillTotal: string;
  /** Decimal text in pounds: what headquarters counts. */
  hqTotal: string;
  /** Both logs, the gateway's and headquarters' copy, verify from first to last entry. */
  verified: boolean;
  /** An inclusion proof holds for somebody who has only the gateway's key. */
  proof: boolean;
} & CounterResult;

/** True only if every invoice was accepted and both sides agree and prove it. */
export function allHolds(result: EndResult): boolean {
  return (
    result.accepted === result.invoices &&
    result.rejected === 0 &&
    result.tillTotal === result.hqTotal &&
    result.verified &&
    result.proof &&
    result.printed
  );
}

export function endTable(result: EndResult): string {
  const table = new Table({ colAligns: ['left', 'right'], style: { head: [], border: [] } });
  const yesNo = (value: boolean) => (value ? 'yes' : 'NO');
  table.push(
    ['invoices', result.invoices.toLocaleString('en')],
    ['accepted', result.accepted.toLocaleString('en')],
    ['rejected', result.rejected.toLocaleString('en')],
    ['duplicates answered', result.duplicates.toLocaleString('en')],
    ['entries at HQ', result.hqEntries.toLocaleString('en')],
    ['sum at the tills', `${result.tillTotal} GBP`],
    ['sum at HQ', `${result.hqTotal} GBP`],
    ['log verified', yesNo(result.verified)],
    ['inclusion proof checked', yesNo(result.proof)],
    ['scanned', result.scanned],
    ['weighed', result.weighed],
    ['receipt printed, says the printer', yesNo(result.printed)],
  );
  return `${table.toString()}\nThe printed receipt, as a picture: ${result.receiptPicture}`;
}
