/** PostgreSQL for the projection: one connection, because one projector writes. */
import { openPool } from '../custody/postgres/open-pool.ts';
import type { SqlDatabase, SqlRow } from './sql-database.ts';

/** The projector and reports beside it. */
const CONNECTIONS_MAX = 3;

export function openPostgres(url: string): SqlDatabase {
  const pool = openPool(url, CONNECTIONS_MAX);
  return {
    query: async <R extends SqlRow>(sql: string, params: readonly (string | null)[] = []) =>
      (await pool.query<R>(sql, [...params])).rows,
    exec: async (sql) => {
      await pool.query(sql);
    },
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work({
          query: async <R extends SqlRow>(sql: string, params: readonly (string | null)[] = []) =>
            (await client.query<R>(sql, [...params])).rows,
        });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}
