/** Questions about what the tables add up to, over all stores; each has a reader beside its rows. */
import { readConflicts } from './conflict-reports.ts';
import type { ConflictsRead } from './conflict-reports.ts';
import { readPools } from './pool-reports.ts';
import type { PoolQuery, PoolRow } from './pool-reports.ts';
import type { SqlQueries } from './sql-database.ts';
import { readStock } from './stock-reports.ts';
import type { StockQuery, StockRow } from './stock-reports.ts';
import { readSuspects } from './suspects.ts';
import type { SuspectPlace, SuspectsRead } from './suspects.ts';

export type ViewCall =
  | ({ call: 'stock' } & StockQuery)
  | ({ call: 'pools' } & PoolQuery)
  | { call: 'conflicts'; limit: number; conflictId?: string }
  | { call: 'suspects'; after?: SuspectPlace };

export type ViewResults = {
  stock: StockRow[];
  pools: PoolRow[];
  conflicts: ConflictsRead;
  /** Behind: there may be more in custody than the tables hold. */
  suspects: SuspectsRead & { isBehind: boolean };
};

export function readView(
  queries: SqlQueries,
  call: ViewCall,
  isBehind: boolean,
): Promise<ViewResults[ViewCall['call']]> {
  switch (call.call) {
    case 'stock':
      return readStock(queries, call);
    case 'pools':
      return readPools(queries, call);
    case 'conflicts':
      return readConflicts(queries, call);
    case 'suspects':
      return readSuspects(queries, call.after).then((read) => ({ ...read, isBehind }));
  }
}
