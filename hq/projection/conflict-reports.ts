/**
 * The conflicts that headquarters knows of, its own and those that gateways decided: the book that
 * their entries make (protocol/conflicts/conflict-book.ts), a page of it at a time.
 */
import { ConflictBook } from '../../protocol/conflicts/conflict-book.ts';
import type { KnownConflict } from '../../protocol/conflicts/conflict-book.ts';
import type { ConflictSaid } from '../../protocol/conflicts/conflict-entry.ts';
import type { SqlQueries } from './sql-database.ts';

export type ConflictsRead = {
  conflicts: KnownConflict[];
  /** Of all, not of this page. */
  open: number;
  decided: number;
};

const BY_ID = `
SELECT conflict_id, min(hlc) AS hlc,
  bool_or(needs_person) AND NOT bool_or(said = 'resolved') AS is_open
FROM projection.conflict_entries GROUP BY conflict_id HAVING bool_or(said = 'found')`;

/** Open ones first, of them those found last; or the one named. */
export async function readConflicts(
  queries: SqlQueries,
  { limit, conflictId }: { limit: number; conflictId?: string },
): Promise<ConflictsRead> {
  const rows = await queries.query<{
    origin: string;
    idx: string;
    hlc: string;
    recorded_at: string;
    detail: string;
  }>(
    `SELECT l.origin, c.idx::text AS idx, c.hlc, c.recorded_at, c.detail
     FROM projection.conflict_entries c JOIN projection.logs l USING (origin_id)
     WHERE c.conflict_id = $2::text OR ($2::text IS NULL AND c.conflict_id IN
       (SELECT conflict_id FROM (${BY_ID}) known ORDER BY is_open DESC, hlc DESC, conflict_id
        LIMIT $1::text::int))`,
    [String(limit), conflictId ?? null],
  );
  const book = new ConflictBook();
  for (const { origin, idx, hlc, recorded_at: recordedAt, detail } of rows) {
    // Written by conflict-rows.ts from what it had read.
    book.add(JSON.parse(detail) as ConflictSaid, { origin, index: Number(idx), hlc, recordedAt });
  }
  const counts = await queries.query<{ open: string; total: string }>(
    `SELECT count(*) FILTER (WHERE is_open)::text AS open, count(*)::text AS total
     FROM (${BY_ID}) known`,
  );
  const open = Number(counts[0]?.open ?? 0);
  return { conflicts: book.all(), open, decided: Number(counts[0]?.total ?? 0) - open };
}
