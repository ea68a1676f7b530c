/** What the log of a gateway says of rights, beside its sales: the headers of its `grant` entries. */
import { gatewayPaths } from '../../config/paths.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';

export interface GrantEntry {
  event: string;
  amount?: number;
  reason?: string;
}

/** Of the newest epoch; the daemon runs or not. */
export function grantEntries(home: string): GrantEntry[] {
  const reader = openLedgerReader(gatewayPaths(home).dataDir);
  const headers = [...reader.entries(0, reader.size())].map(({ leaf }) => decodeEntry(leaf).header);
  reader.close();
  return headers.filter(({ kind }) => kind === 'grant') as unknown as GrantEntry[];
}
