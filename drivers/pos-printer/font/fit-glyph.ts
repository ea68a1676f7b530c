/**
 * From a finely filled outline to black and white dots. For the generator of the raster font alone.
 *
 * Strokes of a Chinese character are one to two dots wide, so where they fall between dots decides
 * whether it can be read. Each glyph is therefore moved by parts of a dot until its strokes lie on
 * dots best, and then as many of the darkest dots are set as the outline has ink.
 */
import { SAMPLES } from './glyph-outline.ts';
import type { Samples } from './glyph-outline.ts';

/** Paper darkens a little around a dot, but strokes must not break: a trace more than the outline. */
const INK_FACTOR = 1.06;
/** A dot that is covered less stays white, whatever the sum says, and one covered more is black. */
const COVER_MIN = 0.3;
const COVER_MAX = 0.62;

export interface FitLimits {
  /** How far it may move, in samples, to either side. */
  readonly moveX: number;
  readonly moveY: number;
}

/** Dots, one byte each, row by row. */
export function fitGlyph(samples: Samples, limits: FitLimits): Uint8Array {
  const sums = sumTable(samples);
  let best: { score: number; cover: Float64Array } = { score: -1, cover: new Float64Array() };
  for (const dx of around(limits.moveX)) {
    for (const dy of around(limits.moveY)) {
      const cover = coverage(samples, sums, { dx, dy });
      // The squares are largest where ink is gathered in few dots; staying in place breaks ties.
      const score =
        cover.reduce((sum, part) => sum + part * part, 0) - (Math.abs(dx) + Math.abs(dy)) * 1e-3;
      if (score > best.score) best = { score, cover };
    }
  }
  return threshold(best.cover);
}

function around(most: number): number[] {
  return Array.from({ length: 2 * most + 1 }, (_, at) => at - most);
}

/** Sums over all samples above and to the left, so that any box is four reads. */
function sumTable({ width, height, ink }: Samples): Int32Array {
  const stride = width + 1;
  const sums = new Int32Array(stride * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += ink[y * width + x] ?? 0;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] ?? 0) + row;
    }
  }
  return sums;
}

/** How much of each dot has ink, with the glyph moved by (dx, dy) samples. */
function coverage(
  { width, height }: Samples,
  sums: Int32Array,
  { dx, dy }: { dx: number; dy: number },
): Float64Array {
  const columns = width / SAMPLES;
  const rows = height / SAMPLES;
  const stride = width + 1;
  const cover = new Float64Array(columns * rows);
  const clampX = (x: number) => Math.min(width, Math.max(0, x));
  const clampY = (y: number) => Math.min(height, Math.max(0, y));
  for (let row = 0; row < rows; row += 1) {
    const top = clampY(row * SAMPLES - dy) * stride;
    const bottom = clampY((row + 1) * SAMPLES - dy) * stride;
    for (let column = 0; column < columns; column += 1) {
      const left = clampX(column * SAMPLES - dx);
      const right = clampX((column + 1) * SAMPLES - dx);
      const ink =
        (sums[bottom + right] ?? 0) -
        (sums[bottom + left] ?? 0) -
        (sums[top + right] ?? 0) +
        (sums[top + left] ?? 0);
      cover[row * columns + column] = ink / (SAMPLES * SAMPLES);
    }
  }
  return cover;
}

function threshold(cover: Float64Array): Uint8Array {
  const ink = cover.reduce((sum, part) => sum + part, 0);
  const darkest = [...cover].sort((a, b) => b - a);
  const wanted = darkest[Math.round(ink * INK_FACTOR)] ?? COVER_MIN;
  const least = Math.min(COVER_MAX, Math.max(COVER_MIN, wanted));
  return Uint8Array.from(cover, (part) => (part >= least ? 1 : 0));
}
