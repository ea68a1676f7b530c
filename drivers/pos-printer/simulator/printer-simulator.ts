/**
 * `tillgate peripheral simulate printer`: a receipt printer on a stream. Each cut gives a picture of
 * the receipt. Options: `model` (epson, clone, mute), `width` (80, 58), `link` (usb, serial), `speed`
 * in millimetres a second, `buffer` in bytes, `pictures` (on, off).
 */
import type { SimulatorContext, SimulatorDefinition } from '../../simulator.ts';
import { LateGlyphSource, loadGlyphSource } from './glyph-source.ts';
import { PRINTER_COMMANDS } from './printer-script.ts';
import { loadDrawPicture } from './receipt-picture.ts';
import { SIMULATED_MODELS } from './simulated-model.ts';
import type { SimulatedModel } from './simulated-model.ts';
import { SimulatedPrinter } from './simulated-printer.ts';

const WIDTHS: Readonly<Record<string, number>> = { '80': 576, '58': 384 };

export const printerSimulator: SimulatorDefinition = {
  kind: 'printer',
  title: 'receipt printer that draws what it prints',
  category: 'posPrinter',
  driver: 'pos-printer/escpos',
  driverOptions: { profile: 'epson-tm-t88' },
  carrier: 'stream',
  commands: PRINTER_COMMANDS,
  create: (options, context) => {
    const model = modelOf(options);
    return options['pictures'] === 'off' ? wordsOnly(model, context) : drawing(model, context);
  },
};

/** Characters are still decoded properly; only their dots are left out. */
function wordsOnly(model: SimulatedModel, context: SimulatorContext): SimulatedPrinter {
  const glyphs = new LateGlyphSource();
  const ready = loadGlyphSource().then((source) => {
    glyphs.set(source);
  });
  return new SimulatedPrinter({ model, context, glyphs, isDrawing: false, ready });
}

function drawing(model: SimulatedModel, context: SimulatorContext): SimulatedPrinter {
  const glyphs = new LateGlyphSource();
  let draw: Awaited<ReturnType<typeof loadDrawPicture>> | undefined;
  const ready = Promise.all([loadGlyphSource(), loadDrawPicture()]).then(
    ([source, drawPicture]) => {
      glyphs.set(source);
      draw = drawPicture;
    },
  );
  let pieces = 0;
  return new SimulatedPrinter({
    model,
    context,
    glyphs,
    isDrawing: true,
    ready,
    onPiece: (piece) => {
      pieces += 1;
      const name = `receipt-${String(pieces).padStart(4, '0')}.png`;
      if (draw !== undefined) context.produced(name, draw(piece.draw()));
    },
  });
}

function modelOf(options: Readonly<Record<string, string>>): SimulatedModel {
  const base = SIMULATED_MODELS[options['model'] ?? 'epson'] ?? SIMULATED_MODELS.epson;
  return {
    ...base,
    widthDots: WIDTHS[options['width'] ?? ''] ?? base.widthDots,
    mmPerSecond: positive(options['speed']) ?? base.mmPerSecond,
    bufferBytes: positive(options['buffer']) ?? base.bufferBytes,
    isSerial: options['link'] === 'serial',
  };
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
