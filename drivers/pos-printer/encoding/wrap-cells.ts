/**
 * Breaks a line of cells where it is wider than its place: at spaces, and beside Chinese characters
 * except where a line would begin with a closing sign or end with an opening one. A word wider than
 * the place is broken inside; a wide character never is.
 */
import type { Cell } from '../font/draw-text.ts';

const CLOSING = /^[!%),.:;?\]}·’”、。〉》」』】〕〗！％），．：；？］｝～…]$/u;
const OPENING = /^[([{‘“〈《「『【〔〖（［｛￥¥$£€]$/u;
/** Stands where a wide character has no room even alone. */
const NO_ROOM: Cell = { character: '?', cells: 1, bold: false };

/** At least one line; each is at most `width` cells wide, and `width` is at least 1. */
export function wrapCells(cells: readonly Cell[], width: number): Cell[][] {
  const lines: Cell[][] = [];
  let rest = width < 2 ? cells.map((cell) => (cell.cells > width ? NO_ROOM : cell)) : [...cells];
  for (;;) {
    const fits = countFitting(rest, width);
    if (fits === rest.length) {
      lines.push(rest);
      return lines;
    }
    const end = breakBefore(rest, fits);
    lines.push(withoutTrailingSpaces(rest.slice(0, end)));
    let next = end;
    while (rest[next]?.character === ' ') next += 1;
    if (next === rest.length) return lines;
    rest = rest.slice(next);
  }
}

/** How many cells from the front fit; marks of no width stay with what they are on. */
function countFitting(cells: readonly Cell[], width: number): number {
  let used = 0;
  for (const [at, cell] of cells.entries()) {
    used += cell.cells;
    if (used > width) return at;
  }
  return cells.length;
}

/** Where the line ends that may hold at most the first `fits` cells. */
function breakBefore(cells: readonly Cell[], fits: number): number {
  for (let at = fits; at > 0; at -= 1) {
    if (mayBreak(cells[at - 1], cells[at])) return at;
  }
  return Math.max(1, fits);
}

function mayBreak(before: Cell | undefined, after: Cell | undefined): boolean {
  if (before === undefined || after === undefined) return true;
  if (after.character === ' ') return true;
  if (before.character === ' ') return true;
  if (after.cells === 0) return false;
  if (before.character === '-' && /^\p{L}$/u.test(after.character)) return true;
  if (before.cells !== 2 && after.cells !== 2) return false;
  return !CLOSING.test(after.character) && !OPENING.test(before.character);
}

function withoutTrailingSpaces(line: readonly Cell[]): Cell[] {
  let end = line.length;
  while (line[end - 1]?.character === ' ') end -= 1;
  return line.slice(0, end);
}
