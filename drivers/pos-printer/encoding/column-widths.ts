/** Shares a line out among columns: those in cells first, the rest by shares, all at least one. */

export interface ColumnWish {
  readonly cells?: number;
  readonly share?: number;
}

/** The widths add up to `total` with a gap between two; without room for gaps there are none. */
export function columnWidths(
  columns: readonly ColumnWish[],
  total: number,
): { widths: number[]; gap: 0 | 1 } {
  const gap = total - (columns.length - 1) >= columns.length * 2 ? 1 : 0;
  const room = total - gap * (columns.length - 1);
  const fixed = columns.reduce((sum, { cells = 0 }) => sum + cells, 0);
  const open = columns.filter(({ cells }) => cells === undefined).length;
  const isRoomy = fixed + open <= room;
  // Wishes that no paper has room for become shares of what there is.
  const shareOf = ({ cells, share = 1 }: ColumnWish) => {
    if (isRoomy) return cells === undefined ? share : 0;
    return cells ?? share;
  };
  const rest = isRoomy ? room - fixed - open : room - columns.length;
  const shares = columns.reduce((sum, column) => sum + shareOf(column), 0);
  const widths = columns.map((column) => {
    if (isRoomy && column.cells !== undefined) return column.cells;
    return 1 + (shares === 0 ? 0 : Math.floor((rest * shareOf(column)) / shares));
  });
  // What rounding left over goes to the columns that share, from the left.
  let left = open === 0 && isRoomy ? 0 : room - widths.reduce((sum, width) => sum + width, 0);
  for (const [at, column] of columns.entries()) {
    if (left <= 0) break;
    if (shareOf(column) === 0) continue;
    widths[at] = (widths[at] ?? 0) + 1;
    left -= 1;
  }
  return { widths, gap };
}
