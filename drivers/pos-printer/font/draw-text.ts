/**
 * One line of text as dots, in the cells in which a printer would set it, so that drawn and printed
 * lines stand in the same columns. Wrapping is done before; this draws what it is given.
 */
import { emptyBitmap, fillBox, magnify, paste } from './bitmap.ts';
import type { Bitmap } from './bitmap.ts';
import type { RasterFont } from './raster-font.ts';

/** A character with its width in cells; a mark of no width is drawn onto the one before it. */
export interface Cell {
  readonly character: string;
  readonly cells: 0 | 1 | 2;
  readonly bold: boolean;
}

export interface DrawStyle {
  readonly underline: boolean;
  readonly invert: boolean;
  /** Times as wide and as high, 1 to 4. */
  readonly width: number;
  readonly height: number;
}

export interface Drawing {
  readonly bitmap: Bitmap;
  /** Characters that the font lacks, each once, in order. */
  readonly missing: readonly string[];
}

/** Dots of an underline, and how far from the bottom it stands. */
const UNDERLINE_DOTS = 2;

/** The line on a bitmap as wide as its cells. */
export function drawText(font: RasterFont, line: readonly Cell[], style: DrawStyle): Drawing {
  const cells = line.reduce((sum, cell) => sum + cell.cells, 0);
  const base = emptyBitmap(cells * font.cellWidth, font.cellHeight);
  const missing = new Set<string>();
  let at = 0;
  for (const cell of line) {
    if (cell.character !== ' ' && cell.character !== '\u3000') {
      const place = cell.cells === 0 ? Math.max(0, at - 1) : at;
      drawGlyph(font, base, { ...cell, left: place * font.cellWidth, missing });
    }
    at += cell.cells;
  }
  if (style.underline) {
    const top = font.cellHeight - UNDERLINE_DOTS;
    fillBox(base, { left: 0, top, width: base.width, height: UNDERLINE_DOTS });
  }
  if (style.invert) for (const [dot, black] of base.dots.entries()) base.dots[dot] = 1 - black;
  const { width, height } = style;
  const bitmap = width === 1 && height === 1 ? base : magnify(base, width, height);
  return { bitmap, missing: [...missing] };
}

function drawGlyph(
  font: RasterFont,
  base: Bitmap,
  cell: Cell & { left: number; missing: Set<string> },
): void {
  const point = cell.character.codePointAt(0) ?? 0;
  const cells = cell.cells === 2 ? 2 : 1;
  if (!font.has(point, cells)) {
    cell.missing.add(cell.character);
    // A lone mark that nobody has would hide the letter under its box.
    if (cell.cells === 0) return;
  }
  const glyph = font.glyph(point, cells);
  paste(base, glyph, { left: cell.left, top: 0 });
  if (cell.bold) paste(base, glyph, { left: cell.left + 1, top: 0 });
}
