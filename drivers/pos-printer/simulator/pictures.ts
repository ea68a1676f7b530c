/** The picture formats of ESC/POS as dots. */
import { emptyBitmap, magnify } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';

/** Rows of packed bits, the highest bit on the left: `GS v 0` and graphics data. */
export function fromRaster(bytes: Uint8Array, bytesAcross: number, rows: number): Bitmap {
  const picture = emptyBitmap(bytesAcross * 8, rows);
  for (let at = 0; at < picture.dots.length; at += 1) {
    picture.dots[at] = ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  }
  return picture;
}

/** `GS v 0 m xL xH yL yH d…` */
export function rasterCommand(command: Uint8Array): Bitmap {
  const [, , , mode = 0, xL = 0, xH = 0, yL = 0, yH = 0] = command;
  const picture = fromRaster(command.subarray(8), xL + 256 * xH, yL + 256 * yH);
  const wide = (mode & 1) !== 0 ? 2 : 1;
  const high = (mode & 2) !== 0 ? 2 : 1;
  return wide * high === 1 ? picture : magnify(picture, wide, high);
}

/** `ESC * m nL nH d…`: columns of 8 or 24 dots from the top; thin modes are stretched. */
export function columnCommand(command: Uint8Array): Bitmap {
  const [, , mode = 0, nL = 0, nH = 0] = command;
  const columns = nL + 256 * nH;
  const bytesDown = mode >= 32 ? 3 : 1;
  const picture = emptyBitmap(columns, bytesDown * 8);
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < picture.height; row += 1) {
      const byte = command[5 + column * bytesDown + (row >> 3)] ?? 0;
      picture.dots[row * columns + column] = (byte >> (7 - (row & 7))) & 1;
    }
  }
  const isDouble = mode === 1 || mode === 33;
  const across = isDouble ? 1 : 2;
  const down = mode >= 32 ? 1 : 3;
  return across * down === 1 ? picture : magnify(picture, across, down);
}

/** `GS ( L` / `GS 8 L` function 112: graphics for the print buffer, one colour. */
export function graphicsData(parameters: Uint8Array): Bitmap | undefined {
  const [, fn, , wide = 1, high = 1, , xL = 0, xH = 0, yL = 0, yH = 0] = parameters;
  if (fn !== 112) return undefined;
  const width = xL + 256 * xH;
  const rows = yL + 256 * yH;
  const picture = fromRaster(parameters.subarray(10), Math.ceil(width / 8), rows);
  return wide * high === 1 ? picture : magnify(picture, wide, high);
}
