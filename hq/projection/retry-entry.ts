/**
 * Projects an entry of the quarantine once more, with the reader of now. A sale whose transaction id
 * counts already came earlier in custody order than the tables know: then they are made again as a
 * whole, so that which one counts never depends on when somebody retried.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { Interpretation } from './interpret.ts';
import { isRefusedContent } from './sql-database.ts';
import type { SqlDatabase, SqlQueries } from './sql-database.ts';
import type { PlacedInterpretation } from './write-batch.ts';

export type RetryResult = {
  /** `rebuilding`: the tables are being made again, with it. */
  outcome: 'projected' | 'quarantined' | 'rebuilding';
  /** Why it is in quarantine still. */
  reason: string | null;
};

export type RetryOptions = {
  origin: string;
  index: number;
  interpretation: Interpretation;
  /** Writes the rows of one entry. */
  write: (queries: SqlQueries, placed: readonly PlacedInterpretation[]) => Promise<void>;
};

export async function retryEntry(
  database: SqlDatabase,
  options: RetryOptions,
): Promise<RetryResult> {
  const { origin, index, interpretation, write } = options;
  if (interpretation.kind === 'transaction') {
    const { transactionId } = interpretation.content;
    if (await isCounted(database, origin, transactionId)) {
      return { outcome: 'rebuilding', reason: null };
    }
  }
  try {
    await database.transaction(async (queries) => {
      await queries.query(
        `DELETE FROM projection.quarantine WHERE idx = $2::text::bigint AND origin_id =
           (SELECT origin_id FROM projection.logs WHERE origin = $1::text)`,
        [origin, String(index)],
      );
      await write(queries, [{ origin, index, interpretation }]);
    });
  } catch (error) {
    if (!isRefusedContent(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'quarantined', reason: `the database refuses it: ${reason}` };
  }
  if (interpretation.kind !== 'quarantine') return { outcome: 'projected', reason: null };
  return { outcome: 'quarantined', reason: interpretation.reason };
}

async function isCounted(
  database: SqlDatabase,
  origin: string,
  transactionId: string,
): Promise<boolean> {
  const { chain, store } = parseOrigin(origin);
  const rows = await database.query(
    `SELECT 1 FROM projection.counted_sales
     WHERE chain = $1::text AND store = $2::text AND transaction_id = $3::text::uuid`,
    [chain, store, transactionId],
  );
  return rows.length > 0;
}
