/**
 * What people ask the projection. Sums are exact: they leave the database as text and are added as
 * bigint. Totals count sales, returns, voids and adjustments; cash that was only moved, openings
 * without a sale and training are shown by type or not at all.
 */
import { minorUnitDigits } from '../../protocol/currency.ts';
import { formatMoney } from '../../protocol/money.ts';
import type { SqlQueries, SqlRow } from './sql-database.ts';

export type TotalRow = {
  chain: string;
  store: string;
  currency: string;
  businessDate: string;
  transactions: number;
  /** Minor units. */
  totalMinor: string;
  /** Major units. */
  total: string;
};

export type CurrencyTotal = {
  currency: string;
  transactions: number;
  totalMinor: string;
  total: string;
};

export type Totals = {
  rows: TotalRow[];
  overall: CurrencyTotal[];
  byType: (CurrencyTotal & { type: string })[];
  duplicates: number;
  conflicts: number;
  rejected: number;
  /** In quarantine and not waived. */
  quarantined: number;
  /** In quarantine, and a person decided that nothing more is to be done. */
  waived: number;
  /** What these numbers cover: entries projected of each log. */
  covers: { origin: string; size: number }[];
  /** Entries projected in all. */
  entries: number;
};

export type QuarantineRow = {
  origin: string;
  index: number;
  reason: string;
  /** A later release reads it. */
  uninterpreted: boolean;
  waiver: { reason: string; by: string; at: string } | null;
};

/** The first waiver of an entry is the one that counts. */
const QUARANTINE = `projection.quarantine q JOIN projection.logs l USING (origin_id)
  LEFT JOIN (SELECT DISTINCT ON (origin, idx) * FROM projection.waivers
    ORDER BY origin, idx, waived_at) w ON w.origin = l.origin AND w.idx = q.idx`;

const SALES_TYPES = `('sale', 'return', 'void', 'adjustment')`;

const LINE_COLUMNS = `line_number, item_id, description, quantity_value, quantity_scale, unit,
  unit_price_value, unit_price_scale, discount_amount, extended_amount`;

type Grouped = { currency: string; transactions: string; total: string };

export async function readTotals(queries: SqlQueries): Promise<Totals> {
  const rows = await queries.query<Grouped & { chain: string; store: string; day: string }>(
    `SELECT chain, store, currency, business_date::text AS day, count(*)::text AS transactions,
       sum(total)::text AS total
     FROM projection.counted_sales WHERE NOT training AND type IN ${SALES_TYPES}
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  );
  const types = await queries.query<Grouped & { type: string }>(
    `SELECT type, currency, count(*)::text AS transactions, sum(total)::text AS total
     FROM projection.counted_sales WHERE NOT training GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const covers = await queries.query<{ origin: string; size: string }>(
    'SELECT origin, size::text AS size FROM projection.logs ORDER BY origin',
  );
  return {
    rows: rows.map(({ chain, store, day, ...sum }) => {
      const { currency, ...rest } = toTotal(sum);
      return { chain, store, currency, businessDate: day, ...rest };
    }),
    overall: addUp(rows),
    byType: types.map(({ type, ...sum }) => ({ type, ...toTotal(sum) })),
    duplicates: await count(queries, `projection.transactions WHERE standing = 'duplicate'`),
    conflicts: await countConflicts(queries),
    rejected: await count(queries, `projection.rejected WHERE kind = 'rejected'`),
    quarantined: await count(queries, `${QUARANTINE} WHERE w.origin IS NULL`),
    waived: await count(queries, `${QUARANTINE} WHERE w.origin IS NOT NULL`),
    covers: covers.map(({ origin, size }) => ({ origin, size: Number(size) })),
    entries: covers.reduce((sum, { size }) => sum + Number(size), 0),
  };
}

/** Every entry with that transaction id, in any store, the counted ones first. */
export async function readTransaction(
  queries: SqlQueries,
  transactionId: string,
): Promise<SqlRow[]> {
  const rows = await queries.query<SqlRow & { origin_id: number; index: string }>(
    `SELECT l.origin, t.idx::text AS index, t.standing, t.chain, t.store, t.transaction_id,
       t.device_id, t.type, t.sequence_number, t.business_date::text AS business_date,
       t.occurred_at, t.recorded_at, t.operator_id, t.customer_id, t.original_transaction_id,
       t.currency, t.total, t.training, t.content_hash, d.origin AS duplicate_of_origin,
       t.duplicate_of_idx::text AS duplicate_of_index, t.origin_id
     FROM projection.transactions t JOIN projection.logs l USING (origin_id)
     LEFT JOIN projection.logs d ON d.origin_id = t.duplicate_of_origin_id
     WHERE t.transaction_id = $1::text::uuid
     ORDER BY t.standing = 'counted' DESC, t.origin_id, t.idx`,
    [transactionId],
  );
  const found: SqlRow[] = [];
  for (const { origin_id: originId, ...row } of rows) {
    const at = [String(originId), row.index];
    const children = (table: string, columns: string): Promise<SqlRow[]> =>
      queries.query(
        `SELECT ${columns} FROM projection.${table}
         WHERE origin_id = $1::text::int AND idx = $2::text::bigint ORDER BY 1`,
        at,
      );
    found.push({
      ...row,
      lines: await children('lines', LINE_COLUMNS),
      tenders: await children('tenders', 'ordinal, type, amount'),
      taxes: await children('taxes', 'ordinal, code, rate_value, rate_scale, amount, included'),
    });
  }
  return found;
}

/** The open ones first, of them the newest, `limit` in all; or the one named. */
export async function readQuarantine(
  queries: SqlQueries,
  limit: number,
  at?: { origin: string; index: number },
): Promise<QuarantineRow[]> {
  const rows = await queries.query<{
    origin: string;
    idx: string;
    reason: string;
    uninterpreted: boolean;
    waived_for: string | null;
    waived_by: string | null;
    waived_at: string | null;
  }>(
    `SELECT l.origin, q.idx::text AS idx, q.reason, q.uninterpreted, w.reason AS waived_for,
       w.waived_by, w.waived_at
     FROM ${QUARANTINE}
     WHERE $2::text IS NULL OR (l.origin = $2::text AND q.idx = $3::text::bigint)
     ORDER BY w.origin IS NOT NULL, q.origin_id DESC, q.idx DESC LIMIT $1::text::int`,
    [String(limit), at?.origin ?? null, at === undefined ? null : String(at.index)],
  );
  return rows.map(({ origin, idx, reason, uninterpreted, ...waived }) => {
    const { waived_for: why, waived_by: by, waived_at: when } = waived;
    const waiver = why === null ? null : { reason: why, by: by ?? '', at: when ?? '' };
    return { origin, index: Number(idx), reason, uninterpreted, waiver };
  });
}

function addUp(rows: readonly Grouped[]): CurrencyTotal[] {
  const sums = new Map<string, { total: bigint; transactions: number }>();
  for (const { currency, total, transactions } of rows) {
    const sum = sums.get(currency) ?? { total: 0n, transactions: 0 };
    sum.total += BigInt(total);
    sum.transactions += Number(transactions);
    sums.set(currency, sum);
  }
  return [...sums].map(([currency, { total, transactions }]) =>
    toTotal({ currency, total: total.toString(), transactions: String(transactions) }),
  );
}

function toTotal({ currency, total, transactions }: Grouped): CurrencyTotal {
  return {
    currency,
    transactions: Number(transactions),
    totalMinor: total,
    total: formatMoney(BigInt(total), minorUnitDigits(currency) ?? 0),
  };
}

/** Those that a gateway found in its own log, and those between two logs of a store. */
async function countConflicts(queries: SqlQueries): Promise<number> {
  const inLog = await count(queries, `projection.rejected WHERE kind = 'conflict'`);
  const between = await count(queries, `projection.transactions WHERE standing = 'conflict'`);
  return inLog + between;
}

async function count(queries: SqlQueries, source: string): Promise<number> {
  const rows = await queries.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${source}`);
  return Number(rows[0]?.n ?? 0);
}
