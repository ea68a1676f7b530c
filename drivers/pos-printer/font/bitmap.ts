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
  for (let row = 0; row < source.height; row += 1) {
    const y = at.top + row;
    if (y < 0 || y >= target.height) continue;
    for (let column = 0; column < source.width; column += 1) {
      const x = at.left + column;
      if (x < 0 || x >= target.width) continue;
      if (source.dots[row * source.width + column] === 1) target.dots[y * target.width + x] = 1;
    }
  }
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
  if (source.width === width) return source;
  const result = emptyBitmap(width, source.height);
  paste(result, source, { left: 0, top: 0 });
  return result;
}
