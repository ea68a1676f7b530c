/**
 * A PNG as black and white dots: onto white, scaled by averaging, grey as a pattern of dots (error
 * diffusion after Floyd and Steinberg). pngjs is loaded when a printer first needs it.
 */
import { refusePicture } from '../../../protocol/receipt/picture-header.ts';
import { must } from '../../../protocol/must.ts';
import type { Bitmap } from '../font/bitmap.ts';

interface Decoded {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity of each pixel. */
  readonly data: Uint8Array;
}

/** About half a metre of paper. */
const ROWS_MAX = 4_096;

let readPng: ((bytes: Buffer) => Decoded) | undefined;

export async function loadPictureDecoding(): Promise<void> {
  const { PNG } = await import('pngjs');
  readPng ??= (bytes) => PNG.sync.read(bytes);
}

export interface PictureSize {
  /** Absent: the picture's own, at most `widthMax`. */
  readonly widthDots: number | undefined;
  readonly widthMax: number;
  /** Rows for a column's worth of dots: below 1 where dots lie closer across than down. */
  readonly rowRatio: number;
}

/** The dots, or in a sentence why there are none. */
export function pictureBitmap(png: Uint8Array, size: PictureSize): Bitmap | string {
  const refused = refusePicture(png);
  if (refused !== undefined) return refused;
  const decoded = decode(Buffer.from(png));
  if (decoded === undefined) return 'This PNG is damaged';
  const width = Math.min(size.widthMax, size.widthDots ?? decoded.width);
  const height = Math.max(1, Math.round((decoded.height * width * size.rowRatio) / decoded.width));
  if (height > ROWS_MAX)
    return `This picture would be ${height} dots long; at most ${ROWS_MAX} are`;
  return diffuse(scale(decoded, width, height), width, height);
}

function decode(png: Buffer): Decoded | undefined {
  const read = must(readPng, 'the decoding of pictures is loaded before a document is encoded');
  try {
    return read(png);
  } catch (error) {
    // Whatever the decoder stumbles over, the picture is what is wrong.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Brightness of each target dot, 0 to 255: the mean over the pixels that it covers. */
function scale(source: Decoded, width: number, height: number): Float32Array {
  const light = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const top = Math.floor((y * source.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * source.height) / height));
    for (let x = 0; x < width; x += 1) {
      const left = Math.floor((x * source.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * source.width) / width));
      light[y * width + x] = mean(source, { left, top, right, bottom });
    }
  }
  return light;
}

function mean(
  { width, data }: Decoded,
  box: { left: number; top: number; right: number; bottom: number },
): number {
  let sum = 0;
  for (let y = box.top; y < box.bottom; y += 1) {
    for (let x = box.left; x < box.right; x += 1) {
      const at = (y * width + x) * 4;
      const opacity = (data[at + 3] ?? 0) / 255;
      // Luma after ITU-R BT.601.
      const luma =
        (data[at] ?? 0) * 0.299 + (data[at + 1] ?? 0) * 0.587 + (data[at + 2] ?? 0) * 0.114;
      sum += luma * opacity + 255 * (1 - opacity);
    }
  }
  return sum / ((box.right - box.left) * (box.bottom - box.top));
}

function diffuse(light: Float32Array, width: number, height: number): Bitmap {
  const dots = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const value = light[at] ?? 255;
      const isBlack = value < 128;
      dots[at] = isBlack ? 1 : 0;
      const error = value - (isBlack ? 0 : 255);
      const give = (to: number, part: number) => {
        light[to] = (light[to] ?? 0) + (error * part) / 16;
      };
      if (x + 1 < width) give(at + 1, 7);
      if (y + 1 === height) continue;
      if (x > 0) give(at + width - 1, 3);
      give(at + width, 5);
      if (x + 1 < width) give(at + width + 1, 1);
    }
  }
  return { width, height, dots };
}
