/**
 * Writes lines and drawings for one printer and remembers what it is set to, so that a setting is
 * sent when it changes and never else. Counts bytes against a limit while it writes.
 */
import type { PrinterProfile } from '../printer-profile.ts';
import { drawText } from '../font/draw-text.ts';
import { placedOn } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';
import type { RasterFont } from '../font/raster-font.ts';
import { encodable, encodeCells } from './encode-text.ts';
import type { TextMode } from './encode-text.ts';
import { rasterBytes, withoutRealTimePairs } from './raster-bytes.ts';
import type { LineStyle, TextLine } from './text-line.ts';

/** 850 drawn lines or 20,000 printed ones; the thread that encodes serves others too. */
export const ENCODED_BYTES_MAX = 2 * 1024 * 1024;

/** Lines an inch of text, which is what printers begin with. */
const LINES_PER_INCH = 6;
const ALIGN_CODES = { left: 0, center: 1, right: 2 } as const;

type Align = keyof typeof ALIGN_CODES;

export class PrinterWriter {
  readonly unprintable = new Set<string>();
  drawnLines = 0;
  drawnCodes = 0;
  readonly #profile: PrinterProfile;
  readonly #font: RasterFont;
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  /** Bytes since the last part, gathered to make few parts. */
  #pending: number[] = [];
  readonly #mode: TextMode = { page: undefined, chinese: false };
  #align: Align = 'left';
  #style: LineStyle = { underline: false, invert: false, width: 1, height: 1, font: 'A' };
  #bold = false;

  constructor(profile: PrinterProfile, font: RasterFont) {
    this.#profile = profile;
    this.#font = font;
    this.push(0x1b, 0x40);
    // Some begin in Chinese mode, where an accented letter and the next one become one character.
    if (profile.chinese !== 'none' || profile.startsInChinese) this.push(0x1c, 0x2e);
  }

  /** More than `ENCODED_BYTES_MAX`: whoever writes on may stop. */
  get isTooLong(): boolean {
    return this.#length + this.#pending.length > ENCODED_BYTES_MAX;
  }

  push(...bytes: number[]): void {
    this.#pending.push(...bytes);
  }

  bytes(): Uint8Array {
    this.#flush();
    return Buffer.concat(this.#parts);
  }

  /** A line as text where the printer has all of its characters, otherwise as a drawing. */
  line(line: TextLine): void {
    if (!this.#hasStyle(line.style) || !encodable(line.cells, this.#profile)) {
      this.#draw(line);
      return;
    }
    const cells = line.style.underline || line.style.invert ? line.cells : trimmed(line.cells);
    if (cells.length > 0) this.align(line.align);
    this.#setStyle(line.style);
    encodeCells(cells, this.#profile, {
      mode: this.#mode,
      push: (...bytes) => this.push(...bytes),
      around: (cell) => this.#setBold(cell.bold),
    });
    this.push(0x0a);
  }

  align(align: Align): void {
    if (this.#align === align) return;
    this.push(0x1b, 0x61, ALIGN_CODES[align]);
    this.#align = align;
  }

  feed(lines: number): void {
    this.#setStyle({ ...this.#style, height: 1 });
    this.push(0x1b, 0x64, lines);
  }

  /** A picture at its place across the paper, which is part of the picture: few obey `ESC a`. */
  picture(bitmap: Bitmap, align: Align): void {
    const left = leftEdge(bitmap.width, align, this.#profile.widthDots);
    const size = { width: left + bitmap.width, height: bitmap.height };
    this.#raster(placedOn(size, bitmap, left));
  }

  /** A code, whose dots must not be changed. */
  code(bitmap: Bitmap, align: Align): void {
    this.drawnCodes += 1;
    const left = leftEdge(bitmap.width, align, this.#profile.widthDots);
    this.#raster(withoutRealTimePairs(bitmap, left, this.#profile));
  }

  /** Raw bytes of a command that begins on a line of its own. */
  command(bytes: Iterable<number>, align: Align): void {
    this.align(align);
    this.#add(Uint8Array.from(bytes));
  }

  #draw(line: TextLine): void {
    this.drawnLines += 1;
    const { bitmap, missing } = drawText(this.#font, line.cells, line.style);
    for (const character of missing) this.unprintable.add(character);
    const { image, dotsPerInch, widthDots } = this.#profile;
    const pitch = image === 'raster' ? Math.round(dotsPerInch / LINES_PER_INCH) : 0;
    const height = Math.max(bitmap.height, pitch);
    const left = leftEdge(bitmap.width, line.align, widthDots);
    const width = Math.min(widthDots, left + bitmap.width);
    this.#raster(placedOn({ width, height }, bitmap, left));
  }

  #raster(bitmap: Bitmap): void {
    this.align('left');
    this.#add(rasterBytes(bitmap, this.#profile));
  }

  #hasStyle({ width, height, invert }: LineStyle): boolean {
    return this.#profile.doubleSizeOnly !== true || (Math.max(width, height) <= 2 && !invert);
  }

  #setStyle(style: LineStyle): void {
    const now = this.#style;
    this.#style = style;
    if (style.font !== now.font) this.push(0x1b, 0x4d, style.font === 'B' ? 1 : 0);
    if (style.underline !== now.underline) {
      const on = style.underline ? 1 : 0;
      this.push(0x1b, 0x2d, on);
      // Chinese characters have an underline of their own.
      if (this.#profile.chinese !== 'none') this.push(0x1c, 0x2d, on);
    }
    if (style.invert !== now.invert) this.push(0x1d, 0x42, style.invert ? 1 : 0);
    if (style.width !== now.width || style.height !== now.height) {
      if (this.#profile.doubleSizeOnly === true) this.#setPrintMode();
      else this.push(0x1d, 0x21, ((style.width - 1) << 4) | (style.height - 1));
    }
  }

  /** `ESC !` sets sizes, font, bold and underline in one, so it repeats what is in force. */
  #setPrintMode(): void {
    const { font, width, height, underline } = this.#style;
    const bits = [font === 'B', false, false, this.#bold, height > 1, width > 1, false, underline];
    const mode = bits.reduce((sum, on, bit) => sum + (on ? 1 << bit : 0), 0);
    this.push(0x1b, 0x21, mode);
  }

  #setBold(bold: boolean): void {
    if (bold === this.#bold) return;
    this.push(0x1b, 0x45, bold ? 1 : 0);
    this.#bold = bold;
  }

  #add(part: Uint8Array): void {
    this.#flush();
    this.#parts.push(part);
    this.#length += part.length;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const part = Uint8Array.from(this.#pending);
    this.#pending = [];
    this.#parts.push(part);
    this.#length += part.length;
  }
}

function trimmed(cells: TextLine['cells']): TextLine['cells'] {
  let end = cells.length;
  while (cells[end - 1]?.character === ' ') end -= 1;
  return cells.slice(0, end);
}

function leftEdge(width: number, align: Align, paper: number): number {
  if (align === 'left') return 0;
  const free = Math.max(0, paper - width);
  return align === 'right' ? free : Math.floor(free / 2);
}
