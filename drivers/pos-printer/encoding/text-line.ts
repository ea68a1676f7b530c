/** A line of text as it is to stand on paper, before anybody decided how it gets there. */
import type { PrinterProfile } from '../printer-profile.ts';
import type { Cell } from '../font/draw-text.ts';
import { encodable } from './encode-text.ts';
import type { TextContext } from './text-cells.ts';

export interface LineStyle {
  readonly underline: boolean;
  readonly invert: boolean;
  /** Times as wide and as high, 1 to 4. */
  readonly width: number;
  readonly height: number;
  readonly font: 'A' | 'B';
}

export interface TextLine {
  /** Narrow enough for the paper. */
  readonly cells: readonly Cell[];
  readonly align: 'left' | 'center' | 'right';
  readonly style: LineStyle;
}

/** What blocks of text have in common. */
export interface StyledBlock {
  readonly underline?: boolean;
  readonly invert?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly font?: 'A' | 'B';
}

export interface LayoutContext {
  readonly profile: PrinterProfile;
  readonly text: TextContext;
}

/** Font B where it was asked for and every character of the block lines up in it. */
export function lineStyle(
  block: StyledBlock,
  cells: readonly Cell[],
  { profile }: LayoutContext,
): LineStyle {
  const { underline = false, invert = false, width = 1, height = 1 } = block;
  const isSmall =
    block.font === 'B' &&
    profile.fonts.B !== undefined &&
    cells.every((cell) => cell.cells === 1) &&
    encodable(cells, profile);
  return { underline, invert, width, height, font: isSmall ? 'B' : 'A' };
}

/** Cells that a line of this style has. */
export function columnsOf(style: LineStyle, profile: PrinterProfile): number {
  const font = profile.fonts[style.font] ?? profile.fonts.A;
  return Math.max(1, Math.floor(font.columns / style.width));
}
