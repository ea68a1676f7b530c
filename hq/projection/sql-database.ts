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

/** SQLSTATE classes: 22 data exception, 23 integrity constraint, 54 program limit exceeded. */
const REFUSED_CONTENT = /^(?:22|23|54)[0-9A-Z]{3}$/;

/** Class XX: the database found its own files or memory not as it left them. */
const DAMAGED = /^XX[0-9A-Z]{3}$/;

/** Whether a database refused what a statement says, rather than failed at carrying it out. */
export function isRefusedContent(error: unknown): boolean {
  return REFUSED_CONTENT.test(sqlStateOf(error));
}

/** Whether what a database keeps can no longer be relied on. */
export function isDamaged(error: unknown): boolean {
  return DAMAGED.test(sqlStateOf(error));
}

function sqlStateOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
