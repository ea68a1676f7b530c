/**
 * Rows gathered for one multi-row INSERT: each column travels as one parameter, the text form of a
 * PostgreSQL array, which PGlite and PostgreSQL read alike and fastest.
 */
export type Cell = string | number | bigint | boolean | null | undefined;

export class ColumnBatch {
  readonly #columns: string[][];

  constructor(columnCount: number) {
    this.#columns = Array.from({ length: columnCount }, () => []);
  }

  get rowCount(): number {
    return this.#columns[0]?.length ?? 0;
  }

  add(...cells: Cell[]): void {
    cells.forEach((cell, i) => this.#columns[i]?.push(element(cell)));
  }

  /** `$1::text::bigint[], $2::text::text[], …` for these types. */
  static placeholders(types: readonly string[]): string {
    return types.map((type, i) => `$${i + 1}::text::${type}[]`).join(', ');
  }

  params(): string[] {
    return this.#columns.map((column) => `{${column.join(',')}}`);
  }
}

function element(cell: Cell): string {
  if (cell === null || cell === undefined) return 'NULL';
  if (typeof cell !== 'string') return String(cell);
  // PostgreSQL's texts hold neither NUL nor half a surrogate pair; custody keeps the bytes.
  const text = cell.toWellFormed().replaceAll('\0', '\uFFFD');
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
