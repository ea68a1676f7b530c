/**
 * The file of the raster font, as bytes before gzip:
 *
 *   "TGRF1\n"  u16 cell width  u16 cell height  u32 narrow glyphs  u32 wide glyphs
 *   code points of the narrow glyphs, then of the wide ones: u32 each, ascending
 *   dots of the narrow glyphs, then of the wide ones
 *
 * All numbers are little-endian. A narrow glyph fills one cell, a wide one two. The dots of a glyph
 * are its rows from the top, each row's bits from the left, most significant bit first, without
 * padding between rows; a glyph of 12 × 24 dots has 36 bytes. Reading checks every length, since the
 * file may have been changed on disk.
 */
import { TillgateError } from '../../../protocol/errors.ts';

export interface GlyphSet {
  /** Ascending. */
  readonly codePoints: Uint32Array;
  /** Dots of the glyph at the same place, `bytesEach` apart. */
  readonly dots: Uint8Array;
  readonly bytesEach: number;
}

export interface FontFile {
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly narrow: GlyphSet;
  readonly wide: GlyphSet;
}

const MAGIC = 'TGRF1\n';
const HEADER_BYTES = MAGIC.length + 12;

/** Code point → dots, in the order of the file. */
export type Glyphs = ReadonlyMap<number, Uint8Array>;

export function packFont(size: { width: number; height: number }, sets: [Glyphs, Glyphs]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt16LE(size.width, MAGIC.length);
  header.writeUInt16LE(size.height, MAGIC.length + 2);
  header.writeUInt32LE(sets[0].size, MAGIC.length + 4);
  header.writeUInt32LE(sets[1].size, MAGIC.length + 8);
  const points: Buffer[] = [];
  const dots: Uint8Array[] = [];
  for (const glyphs of sets) {
    for (const [point, rows] of [...glyphs].sort(([a], [b]) => a - b)) {
      const number = Buffer.alloc(4);
      number.writeUInt32LE(point);
      points.push(number);
      dots.push(rows);
    }
  }
  return Buffer.concat([header, ...points, ...dots]);
}

/** Throws `INTERNAL` when the bytes are not a font. */
export function unpackFont(bytes: Buffer): FontFile {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw damaged();
  }
  const cellWidth = bytes.readUInt16LE(MAGIC.length);
  const cellHeight = bytes.readUInt16LE(MAGIC.length + 2);
  const narrowCount = bytes.readUInt32LE(MAGIC.length + 4);
  const wideCount = bytes.readUInt32LE(MAGIC.length + 8);
  const narrowBytes = (cellWidth * cellHeight) / 8;
  const wideBytes = narrowBytes * 2;
  const widePoints = HEADER_BYTES + narrowCount * 4;
  const narrowDots = widePoints + wideCount * 4;
  const wideDots = narrowDots + narrowCount * narrowBytes;
  if (bytes.length !== wideDots + wideCount * wideBytes) throw damaged();
  return {
    cellWidth,
    cellHeight,
    narrow: {
      codePoints: readPoints(bytes.subarray(HEADER_BYTES, widePoints)),
      dots: bytes.subarray(narrowDots, wideDots),
      bytesEach: narrowBytes,
    },
    wide: {
      codePoints: readPoints(bytes.subarray(widePoints, narrowDots)),
      dots: bytes.subarray(wideDots),
      bytesEach: wideBytes,
    },
  };
}

function readPoints(bytes: Buffer): Uint32Array {
  const points = new Uint32Array(bytes.length / 4);
  for (let at = 0; at < points.length; at += 1) points[at] = bytes.readUInt32LE(at * 4);
  return points;
}

function damaged(): TillgateError {
  const hint = 'Install the program again.';
  return new TillgateError('INTERNAL', 'The file of the raster font is damaged.', { hint });
}
