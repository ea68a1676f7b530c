/** Bar codes and QR codes of a simulated printer, with the settings that commands before left. */
import { emptyBitmap, magnify, paste } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';
import type { GlyphSource } from './glyph-source.ts';

export interface PrintedSymbol {
  readonly name: string;
  readonly bitmap: Bitmap;
}

/** `GS k m`: both numbers of each symbology, and what bwip-js calls it. */
const SYMBOLOGIES: Readonly<Record<number, string>> = {
  ...{ 0: 'upca', 1: 'upce', 2: 'ean13', 3: 'ean8', 4: 'code39', 5: 'interleaved2of5' },
  ...{ 65: 'upca', 66: 'upce', 67: 'ean13', 68: 'ean8', 69: 'code39', 70: 'interleaved2of5' },
  ...{ 6: 'rationalizedCodabar', 71: 'rationalizedCodabar', 72: 'code93', 73: 'code128' },
};
const ERROR_LEVELS: Readonly<Record<number, string>> = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' };
const TEXT_HEIGHT = 24;

export class SymbolPrinter {
  readonly #glyphs: GlyphSource;
  height = 162;
  moduleDots = 3;
  textPlace = 0;
  #qrDots = 3;
  #qrLevel = 'L';
  #qrData = new Uint8Array(0);

  constructor(glyphs: GlyphSource) {
    this.#glyphs = glyphs;
  }

  reset(): void {
    this.height = 162;
    this.moduleDots = 3;
    this.textPlace = 0;
    this.#qrDots = 3;
    this.#qrLevel = 'L';
    this.#qrData = new Uint8Array(0);
  }

  /** `GS k`, both forms; undefined where a printer would print nothing. */
  barcode(command: Uint8Array): PrintedSymbol | undefined {
    const symbology = command[2] ?? 0;
    const data = symbology <= 6 ? command.subarray(3, -1) : command.subarray(4);
    const kind = SYMBOLOGIES[symbology];
    const text = Buffer.from(data).toString('latin1');
    if (kind === undefined) return undefined;
    const shown = kind === 'code128' ? withoutCodeSets(text) : text;
    const bars = this.#glyphs.symbol(kind, shown, {});
    if (bars === undefined) return undefined;
    const name = `[${kind} ${shown}]`;
    const drawn = magnify(bars, this.moduleDots, this.height);
    return { name, bitmap: this.#withText(drawn, shown) };
  }

  /** `GS ( k pL pH cn fn …`; returns a symbol when one is to be printed. */
  twoDimensional(command: Uint8Array): PrintedSymbol | undefined {
    const [, , , , , kind, fn, first = 0] = command;
    if (kind !== 49) return undefined;
    if (fn === 67) this.#qrDots = Math.max(1, first);
    if (fn === 69) this.#qrLevel = ERROR_LEVELS[first] ?? 'L';
    if (fn === 80) this.#qrData = command.slice(8);
    if (fn !== 81 || this.#qrData.length === 0) return undefined;
    const text = Buffer.from(this.#qrData).toString('latin1');
    const bitmap = this.#glyphs.symbol('qrcode', text, {
      eclevel: this.#qrLevel,
      binarytext: 'true',
    });
    if (bitmap === undefined) return undefined;
    const name = `[qr ${Buffer.from(this.#qrData).toString('utf8')}]`;
    return { name, bitmap: magnify(bitmap, this.#qrDots, this.#qrDots) };
  }

  /** The text above (1), below (2) or both (3). */
  #withText(bars: Bitmap, text: string): Bitmap {
    const isAbove = (this.textPlace & 1) !== 0;
    const isBelow = (this.textPlace & 2) !== 0;
    if (!isAbove && !isBelow) return bars;
    const letters = Array.from(text);
    const line = emptyBitmap(letters.length * 12, TEXT_HEIGHT);
    for (const [at, letter] of letters.entries()) {
      paste(line, this.#glyphs.glyph(letter.codePointAt(0) ?? 0, 1), { left: at * 12, top: 0 });
    }
    const width = Math.max(bars.width, line.width);
    const rows = (isAbove ? TEXT_HEIGHT : 0) + bars.height + (isBelow ? TEXT_HEIGHT : 0);
    const whole = emptyBitmap(width, rows);
    const left = Math.floor((width - line.width) / 2);
    const top = isAbove ? TEXT_HEIGHT : 0;
    paste(whole, bars, { left: Math.floor((width - bars.width) / 2), top });
    if (isAbove) paste(whole, line, { left, top: 0 });
    if (isBelow) paste(whole, line, { left, top: top + bars.height });
    return whole;
  }
}

/** `{A`, `{B` and `{C` choose a code set, `{{` is one brace; digits of set C are bytes. */
function withoutCodeSets(data: string): string {
  let shown = '';
  let set = 'B';
  for (let at = 0; at < data.length; at += 1) {
    const letter = data.charAt(at);
    if (letter === '{') {
      at += 1;
      const next = data.charAt(at);
      if ('ABC'.includes(next)) set = next;
      else if (next === '{') shown += '{';
      continue;
    }
    shown += set === 'C' ? String(letter.charCodeAt(0)).padStart(2, '0') : letter;
  }
  return shown;
}
