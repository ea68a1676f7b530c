/** Gives back what earlier generations of feeds held, a slice at a time, so that nobody waits for it. */
import type Database from 'better-sqlite3';

/** Rows of a generation that is no longer read, deleted in one go: a few milliseconds. */
const SWEEP_ROWS = 2_000;

const KEYS = {
  document: 'collection, id',
  code: 'collection, code',
  pending: 'entry',
  quarantine: 'entry, line',
} as const;

/** Deletes some of what no feed needs any more; false when there is nothing left. */
export function sweepFeeds(database: Database.Database): boolean {
  let deleted = 0;
  for (const table of ['document', 'code', 'pending', 'quarantine']) {
    const unused = `generation NOT IN (SELECT generation FROM feed)`;
    const first = database.prepare(`SELECT min(generation) FROM ${table} WHERE ${unused}`);
    const generation = first.pluck().get() as number | null;
    if (generation === null) continue;
    const key = KEYS[table as keyof typeof KEYS];
    deleted += database
      .prepare(
        `DELETE FROM ${table} WHERE generation = ? AND (${key}) IN
           (SELECT ${key} FROM ${table} WHERE generation = ? LIMIT ${SWEEP_ROWS})`,
      )
      .run(generation, generation).changes;
  }
  return deleted > 0;
}
