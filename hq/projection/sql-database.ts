/**
 * The little of SQL databases that the projection needs, so that the same statements run on the
 * embedded PGlite and on PostgreSQL. Parameters are texts (cast in the statement); results come as
 * texts where a number could be too large for a double.
 */
export type SqlRow = Record<string, unknown>;

export interface SqlQueries {
  query<R extends SqlRow>(sql: string, params?: readonly (string | null)[]): Promise<R[]>;
}

export interface SqlDatabase extends SqlQueries {
  /** Several statements without parameters. */
  exec(sql: string): Promise<void>;
  /** All of `work` or nothing; one at a time. */
  transaction<T>(work: (queries: SqlQueries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
