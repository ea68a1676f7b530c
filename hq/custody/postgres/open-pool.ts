/** Connections to PostgreSQL as custody needs them. */
import pg from 'pg';

/** A database that does not answer a connection in this time is as good as gone. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Connections that ask for nothing less than durable commits. */
export function openPool(url: string, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    options: '-c synchronous_commit=on',
    application_name: 'tillgate-hq',
  });
  // An idle connection that breaks is replaced; the next query says it if the database is gone.
  pool.on('error', () => undefined);
  return pool;
}
