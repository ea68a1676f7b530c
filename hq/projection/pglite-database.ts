/**
 * PGlite under a folder: PostgreSQL inside this process, for a projection that can always be made
 * again. It never calls fsync and takes seconds and some hundred megabytes to start, so it runs in
 * the projection's worker and holds nothing that is not in custody.
 */
import { PGlite } from '@electric-sql/pglite';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SqlDatabase, SqlRow } from './sql-database.ts';

/** int8 and numeric: a double would lose digits. */
const INT8_OID = 20;
const NUMERIC_OID = 1700;
const keepText = (text: string): string => text;
const PARSERS = { [INT8_OID]: keepText, [NUMERIC_OID]: keepText };

export async function openPglite(folder: string): Promise<SqlDatabase> {
  mkdirSync(dirname(folder), { recursive: true });
  const empty = existsSync(folder) ? undefined : emptyCluster();
  const database = await PGlite.create({
    dataDir: folder,
    parsers: PARSERS,
    ...(empty !== undefined && { loadDataDir: empty }),
  });
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

/** Where the build puts it: beside this file in the compiled product, in dist/ for the sources. */
const CLUSTER_FOLDERS = ['.', '../../dist/hq/projection'];

/** A new cluster, ready to be unpacked; where there is none, the database makes one in seconds. */
function emptyCluster(): Blob | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  const manifest = readFileSync(join(folder, '../package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const name = `empty-cluster-${version}.tar.gz`;
  const path = CLUSTER_FOLDERS.map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .map((place) => join(place, name))
    .find((candidate) => existsSync(candidate));
  return path === undefined ? undefined : new Blob([readFileSync(path)]);
}
