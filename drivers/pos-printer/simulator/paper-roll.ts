/** The paper that came out of a simulated printer: strips of dots, and the words that stand on them. */
import { emptyBitmap, paste } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';

/** One piece of paper, from cut to cut. */
export interface PaperPiece {
  readonly width: number;
  readonly height: number;
  /** Printed lines from top to bottom; pictures and codes are named in brackets. */
  readonly lines: readonly string[];
  draw(): Bitmap;
}

/** Four metres; a longer piece is cut off in its picture, not in its words. */
const DRAWN_DOTS_MAX = 32_000;

export class PaperRoll {
  readonly #width: number;
  #strips: { readonly top: number; readonly bitmap: Bitmap }[] = [];
  #lines: string[] = [];
  #height = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** What hangs out of the printer, not cut off yet. */
  get hanging(): readonly string[] {
    return this.#lines;
  }

  get hangingDots(): number {
    return this.#height;
  }

  feed(dots: number): void {
    this.#height += dots;
  }

  print(text: string, bitmap: Bitmap | undefined): void {
    if (text !== '') this.#lines.push(text);
    if (bitmap === undefined || this.#height > DRAWN_DOTS_MAX) return;
    this.#strips.push({ top: this.#height, bitmap });
  }

  cut(): PaperPiece {
    const width = this.#width;
    const height = Math.max(1, Math.min(this.#height, DRAWN_DOTS_MAX));
    const strips = this.#strips;
    const lines = this.#lines;
    this.#strips = [];
    this.#lines = [];
    this.#height = 0;
    const draw = (): Bitmap => {
      const whole = emptyBitmap(width, height);
      for (const { top, bitmap } of strips) paste(whole, bitmap, { left: 0, top });
      return whole;
    };
    return { width, height, lines, draw };
  }
}
