/**
 * Carries out the commands of a simulated printer, one after the other, real-time ones excepted.
 * Knows the whole of what receipts are made of; a command that it does not know is passed over with
 * the parameters it has, as printers do.
 */
import { CharacterReader } from './character-reader.ts';
import type { GlyphSource } from './glyph-source.ts';
import { columnCommand, graphicsData, rasterCommand } from './pictures.ts';
import { SymbolPrinter } from './symbol-printer.ts';
import type { PrintedSymbol } from './symbol-printer.ts';
import { printMode } from './typesetter.ts';
import type { TextStyle, Typesetter } from './typesetter.ts';
import type { Bitmap } from '../font/bitmap.ts';

/** What commands do beside setting lines; called when their turn comes. */
export interface InterpreterHost {
  cut(): void;
  pulse(connector: 1 | 2): void;
  /** `GS a`, `GS r`, `GS I`, `GS ( H`: answers in line with what is printed. */
  automaticStatus(n: number): void;
  sensorStatus(n: number): void;
  identity(n: number): void;
  processId(id: Uint8Array): void;
}

const ALIGNS = ['left', 'center', 'right'] as const;
/** From the head to the knife, as `GS V 65` feeds. */
const CUTTER_DOTS = 100;

export class Interpreter {
  readonly #set: Typesetter;
  readonly #host: InterpreterHost;
  readonly #symbols: SymbolPrinter;
  readonly #characters: CharacterReader;
  #graphics: Bitmap | undefined;

  constructor(set: Typesetter, host: InterpreterHost, glyphs: GlyphSource) {
    this.#set = set;
    this.#host = host;
    this.#characters = new CharacterReader(glyphs);
    this.#symbols = new SymbolPrinter(glyphs);
  }

  reset(): void {
    this.#set.reset();
    this.#symbols.reset();
    this.#characters.reset();
    this.#graphics = undefined;
  }

  execute(command: Uint8Array): void {
    const [first = 0, second = 0] = command;
    if (command.length === 1) {
      this.#oneByte(first);
      return;
    }
    this.#characters.interrupt();
    const letter = String.fromCharCode(second);
    if (first === 0x1b) this.#esc(letter, command);
    else if (first === 0x1d) this.#gs(letter, command);
    else this.#fs(letter, command);
  }

  #oneByte(byte: number): void {
    if (byte >= 0x20) {
      for (const { character, cells } of this.#characters.push(byte)) {
        this.#set.put(character, cells);
      }
      return;
    }
    this.#characters.interrupt();
    if (byte === 0x0a) this.#set.endLine();
    else if (byte === 0x09) this.#set.tab();
    else if (byte === 0x0c && !this.#set.isLineEmpty) this.#set.endLine();
  }

  #esc(letter: string, command: Uint8Array): void {
    const [, , n = 0, high = 0] = command;
    const set = this.#set;
    switch (letter) {
      case '@':
        this.reset();
        return;
      case '!':
        this.#style(printMode(n));
        return;
      case ' ':
        this.#style({ spacing: n });
        return;
      case '-':
        this.#style({ underlineDots: underlineOf(n) });
        return;
      case 'E':
      case 'G':
        this.#style({ isBold: (n & 1) !== 0 });
        return;
      case 'M':
        this.#style({ font: n === 1 || n === 49 ? 'B' : 'A' });
        return;
      case 't':
        this.#characters.select(n);
        return;
      case 'a':
        set.align = ALIGNS[n % 48] ?? 'left';
        return;
      case '2':
        set.lineSpacing = 30;
        return;
      case '3':
        set.lineSpacing = n;
        return;
      default:
        this.#escMoves(letter, command, n + 256 * high);
    }
  }

  #escMoves(letter: string, command: Uint8Array, word: number): void {
    const [, , n = 0] = command;
    const set = this.#set;
    switch (letter) {
      case '$':
        set.moveTo(word);
        return;
      case '\\':
        set.moveBy(word > 32_767 ? word - 65_536 : word);
        return;
      case 'D':
        set.tabs = [...command.subarray(2, -1)];
        return;
      case 'd':
        for (let line = 0; line < Math.max(1, n); line += 1) set.endLine();
        return;
      case 'J':
        set.feed(n);
        return;
      case '*':
        set.putPicture(columnCommand(command));
        return;
      case 'p':
        this.#host.pulse(n % 48 === 1 ? 2 : 1);
        return;
      case 'i':
      case 'm':
        this.#cut(0);
        return;
    }
  }

  #gs(letter: string, command: Uint8Array): void {
    const [, , n = 0, high = 0] = command;
    const set = this.#set;
    switch (letter) {
      case '!':
        this.#style({ width: (n >> 4) + 1, height: (n & 0x0f) + 1 });
        return;
      case 'B':
        this.#style({ isInverse: (n & 1) !== 0 });
        return;
      case 'L':
        set.leftMargin = n + 256 * high;
        return;
      case 'W':
        set.setArea(n + 256 * high);
        return;
      case 'V':
        this.#cut(command.length === 4 ? CUTTER_DOTS + high : 0);
        return;
      case 'h':
        this.#symbols.height = n;
        return;
      case 'w':
        this.#symbols.moduleDots = n;
        return;
      case 'H':
        this.#symbols.textPlace = n % 48;
        return;
      case 'k':
        this.#printSymbol(this.#symbols.barcode(command));
        return;
      case 'v':
        set.picture('[picture]', rasterCommand(command));
        return;
      default:
        this.#gsAnswers(letter, command, n);
    }
  }

  #gsAnswers(letter: string, command: Uint8Array, n: number): void {
    if (letter === 'a') this.#host.automaticStatus(n);
    else if (letter === 'r') this.#host.sensorStatus(n);
    else if (letter === 'I') this.#host.identity(n);
    else if (letter === '8' && n === 0x4c) this.#storeOrPrint(command.subarray(7));
    else if (letter === '(' && n === 0x4c) this.#storeOrPrint(command.subarray(5));
    else if (letter === '(' && n === 0x6b) {
      this.#printSymbol(this.#symbols.twoDimensional(command));
    } else if (letter === '(' && n === 0x48 && command.length === 11) {
      this.#host.processId(command.subarray(7));
    }
  }

  #fs(letter: string, command: Uint8Array): void {
    const [, , n = 0] = command;
    if (letter === '&') this.#characters.isChinese = true;
    else if (letter === '.') this.#characters.isChinese = false;
    else if (letter === '-') this.#style({ underlineDots: underlineOf(n) });
    else if (letter === 'W') this.#style({ width: (n & 1) + 1, height: (n & 1) + 1 });
    else if (letter === '!') {
      this.#style({
        width: (n & 4) !== 0 ? 2 : 1,
        height: (n & 8) !== 0 ? 2 : 1,
        underlineDots: (n & 128) !== 0 ? 1 : 0,
      });
    }
  }

  #storeOrPrint(parameters: Uint8Array): void {
    const stored = graphicsData(parameters);
    if (stored !== undefined) this.#graphics = stored;
    const fn = parameters[1];
    if ((fn !== 2 && fn !== 50) || this.#graphics === undefined) return;
    this.#set.picture('[picture]', this.#graphics);
    this.#graphics = undefined;
  }

  #printSymbol(symbol: PrintedSymbol | undefined): void {
    if (symbol !== undefined) this.#set.picture(symbol.name, symbol.bitmap);
  }

  #cut(feedDots: number): void {
    if (!this.#set.isLineEmpty) this.#set.endLine();
    if (feedDots > 0) this.#set.feed(feedDots);
    this.#host.cut();
  }

  #style(change: Partial<TextStyle>): void {
    this.#set.style = { ...this.#set.style, ...change };
  }
}

function underlineOf(n: number): 0 | 1 | 2 {
  const dots = n % 48;
  return dots === 1 || dots === 2 ? dots : 0;
}
