/** Gives back what earlier generations of feeds held, a slice at a time, so that nobody waits for it. */
import type Database from 'better-sqlite3';

/** Rows of a generation that is no longer read, deleted in one go: a few milliseconds. */
const SWEEP_ROWS = 2_000;

const KEYS = {
  document: 'collection, id',
  code: 'collection, code',
  pending: 'entry',
  quarantine: 'entry, line',
  unread: 'entry, line',
  leaf: 'entry',
} as const;

/** Where something is in force or on its way in; of entries also what is kept for headquarters. */
const USED = 'SELECT generation FROM feed UNION SELECT generation FROM loading';
const KEPT = `${USED} UNION SELECT generation FROM past`;

/** Deletes some of what no feed needs any more; false when there is nothing left. */
export function sweepFeeds(database: Database.Database): boolean {
  let deleted = 0;
  for (const [table, key] of Object.entries(KEYS)) {
    const generation = unusedIn(database, table);
    if (generation === undefined) continue;
    deleted += database
      .prepare(
        `DELETE FROM ${table} WHERE generation = ? AND (${key}) IN
           (SELECT ${key} FROM ${table} WHERE generation = ? LIMIT ${SWEEP_ROWS})`,
      )
      .run(generation, generation).changes;
  }
  return deleted > 0;
}

/** A generation that nobody needs: from one to the next by the key, so that no rows are read. */
function unusedIn(database: Database.Database, table: string): number | undefined {
  const used = database.prepare(table === 'leaf' ? KEPT : USED).pluck();
  const needed = new Set(used.all() as number[]);
  const next = database
    .prepare(`SELECT min(generation) FROM ${table} WHERE generation > ?`)
    .pluck();
  for (let after = -1; ;) {
    const generation = next.get(after) as number | null;
    if (generation === null) return undefined;
    if (!needed.has(generation)) return generation;
    after = generation;
  }
}
