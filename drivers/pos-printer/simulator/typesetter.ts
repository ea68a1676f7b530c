/**
 * Sets characters and pictures into lines as a receipt printer does: what does not fit goes onto the
 * next line, all of a line stands on its bottom edge. A line that is complete becomes a step for the
 * mechanism, which prints one after the other in its own time.
 */
import { emptyBitmap, fillBox, magnify, paste } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';
import type { GlyphSource } from './glyph-source.ts';

/** One movement of the paper, with what is printed during it. */
export interface PrintStep {
  readonly text: string;
  readonly bitmap: Bitmap | undefined;
  readonly dots: number;
}

export interface TextStyle {
  readonly font: 'A' | 'B';
  readonly isBold: boolean;
  readonly underlineDots: 0 | 1 | 2;
  readonly width: number;
  readonly height: number;
  readonly isInverse: boolean;
  /** Dots behind each character. */
  readonly spacing: number;
}

const PLAIN: TextStyle = {
  font: 'A',
  isBold: false,
  underlineDots: 0,
  width: 1,
  height: 1,
  isInverse: false,
  spacing: 0,
};
const CELLS = { A: { width: 12, height: 24 }, B: { width: 9, height: 17 } } as const;
const LINE_SPACING = 30;
const TAB_CELLS = 8;
/** Pictures move the paper in strips, so that it can run out in the middle of one. */
const STRIP_DOTS = 24;

interface Item {
  readonly text: string;
  readonly left: number;
  readonly bitmap: Bitmap;
}

export class Typesetter {
  readonly steps: PrintStep[] = [];
  readonly #widthDots: number;
  readonly #glyphs: GlyphSource;
  readonly #isDrawing: boolean;
  style = PLAIN;
  align: 'left' | 'center' | 'right' = 'left';
  lineSpacing = LINE_SPACING;
  leftMargin = 0;
  #areaDots: number;
  tabs: readonly number[] = [];
  #items: Item[] = [];
  #at = 0;

  constructor(options: { widthDots: number; glyphs: GlyphSource; isDrawing: boolean }) {
    this.#widthDots = options.widthDots;
    this.#areaDots = options.widthDots;
    this.#glyphs = options.glyphs;
    this.#isDrawing = options.isDrawing;
  }

  get isLineEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** `ESC @`: all as after power on; what stands in the line is thrown away. */
  reset(): void {
    this.style = PLAIN;
    this.align = 'left';
    this.lineSpacing = LINE_SPACING;
    this.leftMargin = 0;
    this.#areaDots = this.#widthDots;
    this.tabs = [];
    this.#items = [];
    this.#at = 0;
  }

  /** Throws away what is set and not printed; styles stay. */
  clearBuffer(): void {
    this.steps.length = 0;
    this.#items = [];
    this.#at = 0;
  }

  setArea(dots: number): void {
    this.#areaDots = dots;
  }

  put(character: string, cells: 1 | 2): void {
    const { style } = this;
    const cell = CELLS[style.font];
    const glyphWidth = (cells === 2 ? cell.height : cell.width) * style.width;
    const width = glyphWidth + style.spacing * style.width;
    const height = cell.height * style.height;
    if (this.#at + width > this.#limit()) this.endLine();
    const bitmap = this.#isDrawing
      ? this.#drawCharacter(character, cells, { width, height })
      : emptyBitmap(width, 0);
    this.#items.push({ text: character, left: this.#at, bitmap });
    this.#at += width;
  }

  /** A picture inside the line, as `ESC *` makes it. */
  putPicture(bitmap: Bitmap): void {
    this.#items.push({ text: '', left: this.#at, bitmap });
    this.#at += bitmap.width;
  }

  moveTo(dots: number): void {
    this.#at = Math.max(0, Math.min(dots, this.#limit()));
  }

  moveBy(dots: number): void {
    this.moveTo(this.#at + dots);
  }

  tab(): void {
    const cell = CELLS[this.style.font].width * this.style.width;
    const stops = this.tabs.map((column) => column * cell);
    const regular = (Math.floor(this.#at / (cell * TAB_CELLS)) + 1) * cell * TAB_CELLS;
    this.moveTo(stops.length === 0 ? regular : (stops.find((stop) => stop > this.#at) ?? this.#at));
  }

  /** Prints the line; `feedDots` in place of the line spacing. */
  endLine(feedDots?: number): void {
    const items = this.#items;
    const height = items.reduce((most, { bitmap }) => Math.max(most, bitmap.height), 0);
    const dots = feedDots ?? Math.max(this.lineSpacing, height);
    const text = items.map((item) => item.text).join('');
    const bitmap = this.#isDrawing && items.length > 0 ? this.#compose(height) : undefined;
    this.steps.push({ text, bitmap, dots: Math.max(dots, feedDots === undefined ? 0 : height) });
    this.#items = [];
    this.#at = 0;
  }

  feed(dots: number): void {
    if (!this.isLineEmpty) this.endLine(dots);
    else this.steps.push({ text: '', bitmap: undefined, dots });
  }

  /** A picture or code of its own, by strips. */
  picture(name: string, bitmap: Bitmap): void {
    if (!this.isLineEmpty) this.endLine();
    const left = this.leftMargin + this.#offset(bitmap.width);
    for (let top = 0; top < bitmap.height; top += STRIP_DOTS) {
      const height = Math.min(STRIP_DOTS, bitmap.height - top);
      const strip = this.#isDrawing ? emptyBitmap(this.#widthDots, height) : undefined;
      if (strip !== undefined) paste(strip, bitmap, { left, top: -top });
      const isLast = top + height >= bitmap.height;
      this.steps.push({ text: isLast ? name : '', bitmap: strip, dots: height });
    }
  }

  #limit(): number {
    return Math.min(this.#areaDots, this.#widthDots - this.leftMargin);
  }

  #offset(width: number): number {
    const free = Math.max(0, this.#limit() - width);
    if (this.align === 'left') return 0;
    return this.align === 'right' ? free : Math.floor(free / 2);
  }

  #compose(height: number): Bitmap {
    const line = emptyBitmap(this.#widthDots, height);
    const left = this.leftMargin + this.#offset(this.#at);
    for (const item of this.#items) {
      paste(line, item.bitmap, { left: left + item.left, top: height - item.bitmap.height });
    }
    return line;
  }

  #drawCharacter(
    character: string,
    cells: 1 | 2,
    { width, height }: { width: number; height: number },
  ): Bitmap {
    const { style } = this;
    const cell = CELLS[style.font];
    const full = this.#glyphs.glyph(character.codePointAt(0) ?? 0, cells);
    const isB = style.font === 'B';
    const size = { width: cells === 2 ? cell.height : cell.width, height: cell.height };
    const glyph = isB ? shrink(full, size) : full;
    const small = emptyBitmap(size.width + style.spacing, size.height);
    paste(small, glyph, { left: 0, top: 0 });
    if (style.isBold) paste(small, glyph, { left: 1, top: 0 });
    const under = style.underlineDots;
    if (under > 0) {
      fillBox(small, { left: 0, top: size.height - under, width: small.width, height: under });
    }
    const large = magnify(small, style.width, style.height);
    if (style.isInverse) large.dots.forEach((dot, at) => (large.dots[at] = dot === 1 ? 0 : 1));
    return large.width === width && large.height === height ? large : emptyBitmap(width, height);
  }
}

/** Nearest dots: font B of a simulated printer is font A made smaller. */
function shrink(source: Bitmap, size: { width: number; height: number }): Bitmap {
  const result = emptyBitmap(size.width, size.height);
  for (let row = 0; row < source.height; row += 1) {
    for (let column = 0; column < source.width; column += 1) {
      if (source.dots[row * source.width + column] !== 1) continue;
      const x = Math.floor((column * size.width) / source.width);
      const y = Math.floor((row * size.height) / source.height);
      result.dots[y * size.width + x] = 1;
    }
  }
  return result;
}

/** The style that `ESC !` means. */
export function printMode(n: number): Partial<TextStyle> {
  return {
    font: (n & 1) !== 0 ? 'B' : 'A',
    isBold: (n & 8) !== 0,
    height: (n & 16) !== 0 ? 2 : 1,
    width: (n & 32) !== 0 ? 2 : 1,
    underlineDots: (n & 128) !== 0 ? 1 : 0,
  };
}
