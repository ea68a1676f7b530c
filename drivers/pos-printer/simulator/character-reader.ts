/** Bytes of text as a printer reads them: by code page, or in Chinese mode by GB 18030. */
import { CODE_PAGE_NUMBERS } from './code-page-numbers.ts';
import type { GlyphSource } from './glyph-source.ts';

export interface ReadCharacter {
  readonly character: string;
  readonly cells: 1 | 2;
}

const FIRST_PAGE = 'cp437';

export class CharacterReader {
  readonly #glyphs: GlyphSource;
  #codePage = FIRST_PAGE;
  #pending: number[] = [];
  isChinese = false;

  constructor(glyphs: GlyphSource) {
    this.#glyphs = glyphs;
  }

  reset(): void {
    this.#codePage = FIRST_PAGE;
    this.isChinese = false;
    this.#pending = [];
  }

  /** `ESC t n` */
  select(n: number): void {
    this.#codePage = CODE_PAGE_NUMBERS[n] ?? FIRST_PAGE;
  }

  /** A command comes in between: half a character is none. */
  interrupt(): void {
    this.#pending = [];
  }

  /** GB 18030 has two bytes, or four when the second one is a digit. */
  push(byte: number): readonly ReadCharacter[] {
    if (this.#pending.length === 0 && (!this.isChinese || byte < 0x81)) {
      return [{ character: this.#glyphs.decode(Uint8Array.of(byte), this.#codePage), cells: 1 }];
    }
    this.#pending.push(byte);
    const [, second] = this.#pending;
    if (second === undefined) return [];
    const length = second >= 0x30 && second <= 0x39 ? 4 : 2;
    if (this.#pending.length < length) return [];
    const decoded = this.#glyphs.decode(Uint8Array.from(this.#pending), 'gb18030');
    this.#pending = [];
    return Array.from(decoded, (character) => ({ character, cells: 2 as const }));
  }
}
