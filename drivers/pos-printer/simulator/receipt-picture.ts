/** A piece of paper as PNG: the dots on white, with a little paper around them. */
import type { Bitmap } from '../font/bitmap.ts';

/** Unprintable at the sides, and as much above and below. */
const MARGIN_DOTS = 32;
const WHITE = 255;
const BLACK = 0;

export type DrawPicture = (bitmap: Bitmap) => Uint8Array;

export async function loadDrawPicture(): Promise<DrawPicture> {
  const { PNG } = await import('pngjs');
  return (bitmap) => {
    const width = bitmap.width + 2 * MARGIN_DOTS;
    const height = bitmap.height + 2 * MARGIN_DOTS;
    const data = Buffer.alloc(width * height, WHITE);
    for (let row = 0; row < bitmap.height; row += 1) {
      const from = (row + MARGIN_DOTS) * width + MARGIN_DOTS;
      for (let column = 0; column < bitmap.width; column += 1) {
        if (bitmap.dots[row * bitmap.width + column] === 1) data[from + column] = BLACK;
      }
    }
    const png = new PNG({ width, height });
    png.data = data;
    const options = { colorType: 0, inputColorType: 0, inputHasAlpha: false } as const;
    return PNG.sync.write(png, options);
  };
}
