/** Black and white dots, one byte each while they are worked on; packed to bits for a printer. */

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** Row by row from the top; 1 is black. */
  readonly dots: Uint8Array;
}

export function emptyBitmap(width: number, height: number): Bitmap {
  return { width, height, dots: new Uint8Array(width * height) };
}

/** Sets every dot of a rectangle; what lies outside of the bitmap is left out. */
export function fillBox(
  bitmap: Bitmap,
  box: { left: number; top: number; width: number; height: number },
  dot: 0 | 1 = 1,
): void {
  const left = Math.max(0, box.left);
  const right = Math.min(bitmap.width, box.left + box.width);
  const bottom = Math.min(bitmap.height, box.top + box.height);
  for (let row = Math.max(0, box.top); row < bottom; row += 1) {
    if (right > left) bitmap.dots.fill(dot, row * bitmap.width + left, row * bitmap.width + right);
  }
}

/** Puts the black dots of `source` onto `target`; what lies outside is left out. */
export function paste(target: Bitmap, source: Bitmap, at: { left: number; top: number }): void {
  const from = Math.max(0, -at.left);
  const to = Math.min(source.width, target.width - at.left);
  const rows = Math.min(source.height, target.height - at.top);
  for (let row = Math.max(0, -at.top); row < rows; row += 1) {
    const sourceRow = row * source.width;
    const targetRow = (at.top + row) * target.width + at.left;
    for (let column = from; column < to; column += 1) {
      if (source.dots[sourceRow + column] === 1) target.dots[targetRow + column] = 1;
    }
  }
}

/** A bitmap with `source` at a place of it, cut at its edges. */
export function placedOn(
  size: { width: number; height: number },
  source: Bitmap,
  left: number,
): Bitmap {
  const result = emptyBitmap(size.width, size.height);
  const width = Math.min(source.width, size.width - left);
  if (width <= 0) return result;
  for (let row = 0; row < Math.min(source.height, size.height); row += 1) {
    const from = row * source.width;
    result.dots.set(source.dots.subarray(from, from + width), row * size.width + left);
  }
  return result;
}

/** Each dot becomes `timesX` × `timesY` dots. */
export function magnify(source: Bitmap, timesX: number, timesY: number): Bitmap {
  const result = emptyBitmap(source.width * timesX, source.height * timesY);
  for (let row = 0; row < source.height; row += 1) {
    for (let column = 0; column < source.width; column += 1) {
      if (source.dots[row * source.width + column] !== 1) continue;
      const box = { left: column * timesX, top: row * timesY, width: timesX, height: timesY };
      fillBox(result, box);
    }
  }
  return result;
}

/** The column behind the last black dot: what is right of it need not be sent. */
export function inkedWidth({ width, height, dots }: Bitmap): number {
  for (let column = width - 1; column >= 0; column -= 1) {
    for (let row = 0; row < height; row += 1) {
      if (dots[row * width + column] === 1) return column + 1;
    }
  }
  return 0;
}

/** The bitmap in another width: cut at the right, or with white there. */
export function withWidth(source: Bitmap, width: number): Bitmap {
  return source.width === width ? source : placedOn({ width, height: source.height }, source, 0);
}
