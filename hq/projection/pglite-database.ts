/**
 * PGlite under a folder: PostgreSQL inside this process, for a projection that can always be made
 * again. It never calls fsync and takes seconds and some hundred megabytes to start, so it runs in
 * the projection's worker and holds nothing that is not in custody.
 */
import { PGlite } from '@electric-sql/pglite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SqlDatabase, SqlRow } from './sql-database.ts';

/** int8 and numeric: a double would lose digits. */
const INT8_OID = 20;
const NUMERIC_OID = 1700;
const keepText = (text: string): string => text;
const PARSERS = { [INT8_OID]: keepText, [NUMERIC_OID]: keepText };

export async function openPglite(folder: string): Promise<SqlDatabase> {
  mkdirSync(dirname(folder), { recursive: true });
  const database = await PGlite.create({ dataDir: folder, parsers: PARSERS });
  return {
    query: async <R extends SqlRow>(sql: string, params: readonly (string | null)[] = []) =>
      (await database.query<R>(sql, [...params])).rows,
    exec: async (sql) => {
      await database.exec(sql);
    },
    transaction: (work) =>
      database.transaction((inner) =>
        work({
          query: async <R extends SqlRow>(sql: string, params: readonly (string | null)[] = []) =>
            (await inner.query<R>(sql, [...params])).rows,
        }),
      ),
    close: () => database.close(),
  };
}
