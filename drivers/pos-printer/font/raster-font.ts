/**
 * The dots of characters that a printer does not have. Loaded when first needed: about 1 MB in
 * memory, which a gateway without such a printer never spends. What the font lacks too is drawn as
 * a hollow box, and the caller is told.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { TillgateError } from '../../../protocol/errors.ts';
import { emptyBitmap, fillBox } from './bitmap.ts';
import type { Bitmap } from './bitmap.ts';
import { unpackFont } from './font-file.ts';
import type { FontFile, GlyphSet } from './font-file.ts';

const inflate = promisify(gunzip);

/** The file is ours; this bounds what a damaged one may become. */
const FONT_BYTES_MAX = 16 * 1024 * 1024;

export interface RasterFont {
  readonly cellWidth: number;
  readonly cellHeight: number;
  has(point: number, cells: 1 | 2): boolean;
  /** The glyph in one cell or two; a hollow box when the font lacks it. */
  glyph(point: number, cells: 1 | 2): Bitmap;
}

let loading: Promise<RasterFont> | undefined;

export function loadRasterFont(): Promise<RasterFont> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    const message = 'The raster font for characters that printers lack cannot be read.';
    throw new TillgateError('INTERNAL', message, { cause, hint: 'Install the program again.' });
  });
  return loading;
}

async function load(): Promise<RasterFont> {
  const zipped = await readFile(new URL('raster-font.bin.gz', import.meta.url));
  return fontOf(unpackFont(await inflate(zipped, { maxOutputLength: FONT_BYTES_MAX })));
}

function fontOf(file: FontFile): RasterFont {
  const { cellWidth, cellHeight } = file;
  const setOf = (cells: 1 | 2) => (cells === 1 ? file.narrow : file.wide);
  return {
    cellWidth,
    cellHeight,
    has: (point, cells) => placeOf(setOf(cells), point) >= 0,
    glyph: (point, cells) => {
      const size = { width: cellWidth * cells, height: cellHeight };
      const set = setOf(cells);
      const place = placeOf(set, point);
      if (place < 0) return hollowBox(size);
      const bytes = set.dots.subarray(place * set.bytesEach, (place + 1) * set.bytesEach);
      const dots = new Uint8Array(size.width * size.height);
      for (let at = 0; at < dots.length; at += 1) {
        dots[at] = ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
      }
      return { ...size, dots };
    },
  };
}

function placeOf({ codePoints }: GlyphSet, point: number): number {
  let low = 0;
  let high = codePoints.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = codePoints[middle] ?? 0;
    if (found === point) return middle;
    if (found < point) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function hollowBox(size: { width: number; height: number }): Bitmap {
  const box = emptyBitmap(size.width, size.height);
  fillBox(box, { left: 1, top: 4, width: size.width - 2, height: size.height - 8 });
  fillBox(box, { left: 3, top: 6, width: size.width - 6, height: size.height - 12 }, 0);
  return box;
}
