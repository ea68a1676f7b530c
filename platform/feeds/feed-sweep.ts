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

/** Where something is in force, on its way in, or, of entries, kept for headquarters. */
const USED = 'SELECT generation FROM feed UNION SELECT generation FROM loading';
const KEPT = `${USED} UNION SELECT generation FROM past`;

/** Deletes some of what no feed needs any more; false when there is nothing left. */
export function sweepFeeds(database: Database.Database): boolean {
  let deleted = 0;
  for (const [table, key] of Object.entries(KEYS)) {
    const unused = `generation NOT IN (${table === 'leaf' ? KEPT : USED})`;
    const first = database.prepare(`SELECT min(generation) FROM ${table} WHERE ${unused}`);
    const generation = first.pluck().get() as number | null;
    if (generation === null) continue;
    deleted += database
      .prepare(
        `DELETE FROM ${table} WHERE generation = ? AND (${key}) IN
           (SELECT ${key} FROM ${table} WHERE generation = ? LIMIT ${SWEEP_ROWS})`,
      )
      .run(generation, generation).changes;
  }
  return deleted > 0;
}
