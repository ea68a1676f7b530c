/**
 * Where a simulated printer has its dots from: characters, bar codes and code pages. Loaded late and
 * handed in, so that a simulation of many printers needs none of it.
 */
import { emptyBitmap, fillBox } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';

export interface GlyphSource {
  /** In cells of 12 by 24 dots. */
  glyph(point: number, cells: 1 | 2): Bitmap;
  /** Undefined for data that the symbology does not have: a printer prints nothing then. */
  symbol(kind: string, data: string, options: Readonly<Record<string, string>>): Bitmap | undefined;
  /** Characters of bytes in a code page, as iconv names it. */
  decode(bytes: Uint8Array, codePage: string): string;
}

/** Latin-1 and no dots: for tests that look at the words only. */
export const plainGlyphs: GlyphSource = {
  glyph: () => emptyBitmap(0, 0),
  symbol: () => undefined,
  decode: (bytes) => Buffer.from(bytes).toString('latin1'),
};

/** Spaces have no dots, so the font has none of them. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0xa0, 0x3000]);

/** The program's raster font, bwip-js and iconv-lite. */
export async function loadGlyphSource(): Promise<GlyphSource> {
  const [{ loadRasterFont }, bwip, iconv] = await Promise.all([
    import('../font/raster-font.ts'),
    import('bwip-js'),
    import('iconv-lite'),
  ]);
  const font = await loadRasterFont();
  return {
    glyph: (point, cells) =>
      BLANKS.has(point) ? emptyBitmap(12 * cells, 24) : font.glyph(point, cells),
    symbol: (kind, data, options) => drawSymbol(bwip.default.raw, { kind, data, options }),
    decode: (bytes, codePage) => iconv.default.decode(Buffer.from(bytes), codePage),
  };
}

/** Its declarations take `raw` for a kind of bar code. */
type RawDrawing = (options: {
  bcid: string;
  text: string;
}) => readonly { sbs?: number[]; pixs?: number[]; pixx?: number; pixy?: number }[];

/** One dot a module; bars are one dot high. */
function drawSymbol(
  raw: RawDrawing,
  {
    kind,
    data,
    options,
  }: { kind: string; data: string; options: Readonly<Record<string, string>> },
): Bitmap | undefined {
  let drawn;
  try {
    [drawn] = raw({ bcid: kind, text: data, ...options });
  } catch (error) {
    // The library throws plain errors for data that a symbology does not have, and only for those.
    if (error instanceof Error) return undefined;
    throw error;
  }
  if (drawn === undefined) return undefined;
  const { pixs, pixx = 0, pixy = 0, sbs } = drawn;
  if (pixs !== undefined) return { width: pixx, height: pixy, dots: Uint8Array.from(pixs) };
  return sbs === undefined ? undefined : drawBars(sbs);
}

/** Bars and spaces take turns, a bar first. */
function drawBars(widths: readonly number[]): Bitmap {
  const bars = emptyBitmap(
    widths.reduce((sum, width) => sum + width, 0),
    1,
  );
  let left = 0;
  for (const [at, width] of widths.entries()) {
    if (at % 2 === 0) fillBox(bars, { left, top: 0, width, height: 1 });
    left += width;
  }
  return bars;
}

/** Holds the place of a source that is still being loaded. */
export class LateGlyphSource implements GlyphSource {
  #source: GlyphSource = plainGlyphs;

  set(source: GlyphSource): void {
    this.#source = source;
  }

  glyph(point: number, cells: 1 | 2): Bitmap {
    return this.#source.glyph(point, cells);
  }

  symbol(
    kind: string,
    data: string,
    options: Readonly<Record<string, string>>,
  ): Bitmap | undefined {
    return this.#source.symbol(kind, data, options);
  }

  decode(bytes: Uint8Array, codePage: string): string {
    return this.#source.decode(bytes, codePage);
  }
}
