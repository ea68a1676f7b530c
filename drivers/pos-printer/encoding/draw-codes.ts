/**
 * Bar codes and QR codes as dots, for printers that have none of their own. The modules come from
 * bwip-js, loaded when a printer first needs them; the dots are set here, so that every module is a
 * whole number of dots.
 */
import { TillgateError } from '../../../protocol/errors.ts';
import { must } from '../../../protocol/must.ts';
import type { BarcodeSymbology } from '../../../protocol/receipt/graphic-block-schemas.ts';
import { emptyBitmap, fillBox } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';

type RawSymbol = {
  sbs?: readonly number[];
  pixs?: readonly number[];
  pixx?: number;
  pixy?: number;
};
type DrawRaw = (options: WriterOptions) => readonly RawSymbol[];
type WriterOptions = {
  bcid: string;
  text: string;
  eclevel?: string;
  suppresskanjimode?: boolean;
  mask?: number;
};

const WRITER_NAMES: Readonly<Record<BarcodeSymbology, string>> = {
  ean13: 'ean13',
  ean8: 'ean8',
  upca: 'upca',
  code39: 'code39',
  itf: 'interleaved2of5',
  code128: 'code128',
};

/**
 * Readers take any of the eight masks. Looking for the prettiest takes 20 ms, in which the thread that
 * draws serves nobody else; text is mixed enough for one that has no large areas of its own.
 */
const MASK = 4;

let drawRaw: DrawRaw | undefined;

export async function loadCodeDrawing(): Promise<void> {
  // Its named export of this name is a kind of code.
  const { default: writer } = await import('bwip-js');
  drawRaw ??= (options) => writer.raw(options);
}

/** Widths of bars and spaces in modules, beginning with a bar. */
export function barcodeModules(symbology: BarcodeSymbology, data: string): readonly number[] {
  const [symbol] = draw({ bcid: WRITER_NAMES[symbology], text: data });
  return must(symbol?.sbs, 'a bar code has bars');
}

export function drawBarcode(
  modules: readonly number[],
  size: { moduleDots: number; heightDots: number },
): Bitmap {
  const width = modules.reduce((sum, module) => sum + module, 0) * size.moduleDots;
  const bitmap = emptyBitmap(width, size.heightDots);
  let left = 0;
  for (const [at, module] of modules.entries()) {
    const bar = { left, top: 0, width: module * size.moduleDots, height: size.heightDots };
    if (at % 2 === 0) fillBox(bitmap, bar);
    left += bar.width;
  }
  return bitmap;
}

/** The modules of a QR code with its quiet zone left out, one byte each. */
export function qrModules(text: string, errorLevel: 'L' | 'M' | 'Q' | 'H'): Bitmap {
  // The writer takes bytes that happen to be Shift JIS for Kanji, and readers would show those.
  const options = { eclevel: errorLevel, suppresskanjimode: true, mask: MASK };
  const [symbol] = draw({ bcid: 'qrcode', text, ...options });
  const width = must(symbol?.pixx, 'a QR code has a width');
  const height = must(symbol?.pixy, 'a QR code has a height');
  return { width, height, dots: Uint8Array.from(must(symbol?.pixs, 'a QR code has modules')) };
}

function draw(options: WriterOptions): readonly RawSymbol[] {
  const writer = must(drawRaw, 'the drawing of codes is loaded before a document is encoded');
  try {
    return writer(options);
  } catch (cause) {
    // The content was checked before; what is refused here is our own mistake.
    throw new TillgateError('INTERNAL', 'A checked code cannot be drawn.', { cause });
  }
}
