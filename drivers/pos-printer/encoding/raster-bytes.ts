/**
 * Dots as the printer's picture commands: `GS v 0` in slices, or bands of `ESC *`.
 * Neither ever holds a real-time command (real-time-pairs.ts): pictures and letters get a dot more,
 * and codes, whose dots must stay, are moved to the right to where no pair occurs.
 */
import type { PrinterProfile } from '../printer-profile.ts';
import { inkedWidth, placedOn, withWidth } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';
import { breakRealTimePairs, hasRealTimePair } from './real-time-pairs.ts';

/**
 * Rows of one `GS v 0`: a line of text. Nothing can be asked in the middle of a command, and at 9600
 * baud this one takes two seconds, in which no printer is switched off and has started again.
 */
const SLICE_ROWS = 24;
/** A code moves by at most a byte: then its bits meet the same bytes again. */
const MOVE_DOTS_MAX = 8;

/** The bytes of a picture that begins at the paper's left edge. */
export function rasterBytes(bitmap: Bitmap, profile: PrinterProfile): Buffer {
  const width = Math.max(8, Math.min(bitmap.width, inkedWidth(bitmap)));
  const inked = withWidth(bitmap, (width + 7) & ~7);
  const { columnImage } = profile;
  return profile.image === 'column' && columnImage !== undefined
    ? bands(inked, columnImage)
    : Buffer.concat(slices(inked));
}

/** The bitmap moved to the right by as few dots as keep every pair of bytes harmless. */
export function withoutRealTimePairs(
  bitmap: Bitmap,
  left: number,
  profile: PrinterProfile,
): Bitmap {
  const room = Math.min(MOVE_DOTS_MAX, profile.widthDots - left - bitmap.width);
  let first: Bitmap | undefined;
  for (let move = 0; move <= Math.max(0, room); move += 1) {
    const size = { width: left + move + bitmap.width, height: bitmap.height };
    const placed = placedOn(size, bitmap, left + move);
    first ??= placed;
    if (!hasRealTimePair(packRows(withWidth(placed, (placed.width + 7) & ~7)))) return placed;
  }
  return first ?? bitmap;
}

function slices(bitmap: Bitmap): Buffer[] {
  const bytesAcross = bitmap.width / 8;
  const packed = packRows(bitmap);
  const parts: Buffer[] = [];
  for (let row = 0; row < bitmap.height; row += SLICE_ROWS) {
    const rows = Math.min(SLICE_ROWS, bitmap.height - row);
    const header = Buffer.of(0x1d, 0x76, 0x30, 0, bytesAcross & 0xff, bytesAcross >> 8, rows, 0);
    const data = packed.subarray(row * bytesAcross, (row + rows) * bytesAcross);
    breakRealTimePairs(data);
    parts.push(header, data);
  }
  return parts;
}

function bands(bitmap: Bitmap, form: NonNullable<PrinterProfile['columnImage']>): Buffer {
  const parts = [Buffer.of(0x1b, 0x33, form.lineSpacing)];
  const bytesDown = form.bandDots / 8;
  for (let top = 0; top < bitmap.height; top += form.bandDots) {
    const data = Buffer.alloc(bitmap.width * bytesDown);
    for (let at = 0; at < data.length; at += 1) {
      const column = Math.floor(at / bytesDown);
      const row = top + (at % bytesDown) * 8;
      for (let bit = 0; bit < 8; bit += 1) {
        const dot = bitmap.dots[(row + bit) * bitmap.width + column] ?? 0;
        data[at] = ((data[at] ?? 0) << 1) | dot;
      }
    }
    breakRealTimePairs(data);
    parts.push(Buffer.of(0x1b, 0x2a, form.mode, bitmap.width & 0xff, bitmap.width >> 8), data);
    parts.push(Buffer.of(0x0a));
  }
  parts.push(Buffer.of(0x1b, 0x32));
  return Buffer.concat(parts);
}

/** One bit a dot, most significant first; the width is a multiple of eight. */
function packRows({ dots }: Bitmap): Buffer {
  const packed = Buffer.alloc(dots.length / 8);
  for (let at = 0; at < packed.length; at += 1) {
    const dot = at * 8;
    let byte = 0;
    for (let bit = 0; bit < 8; bit += 1) byte = (byte << 1) | (dots[dot + bit] ?? 0);
    packed[at] = byte;
  }
  return packed;
}
