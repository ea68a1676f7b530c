/**
 * From text to cells: what stands in which width on paper. Signs that are only another form of a
 * common one are replaced by it (kinds of space and hyphen), and those that are seen nowhere are
 * left out (joiners, variation selectors), so that neither needs a line to be drawn.
 */
import type { PrinterProfile } from '../printer-profile.ts';
import type { Cell } from '../font/draw-text.ts';
import { cellWidth } from './cell-width.ts';
import { characterTables } from './character-tables.ts';

export interface TextContext {
  /** Symbols that letters and ideographs share fill two cells. */
  readonly chinese: boolean;
  /** What a yen or yuan sign becomes, which printers have in one width or the other. */
  readonly yen: '\u00a5' | '\uffe5';
}

const SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f]/gu;
const HYPHEN = /[\u2010\u2011\u2212]/gu;
const UNSEEN = /[\p{Cf}\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const YEN = /[\u00a5\uffe5]/gu;
const ASCII = /^[\n\x20-\x7e]*$/;

/** How text is set for this printer in this language. */
export function textContext(profile: PrinterProfile, language: string | undefined): TextContext {
  const chinese = language === 'zh';
  return { chinese, yen: yenFor(profile, chinese) };
}

/** The lines of `text` (parted by line feeds) as cells. */
export function cellsOf(text: string, context: TextContext, bold = false): Cell[][] {
  const plain = ASCII.test(text) ? text : normalise(text, context);
  return plain.split('\n').map((line) =>
    Array.from(line, (character) => ({
      character,
      cells: cellWidth(character, context.chinese),
      bold,
    })),
  );
}

export function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.cells, 0);
}

export function spaces(count: number): Cell[] {
  return Array.from({ length: count }, () => ({ character: ' ', cells: 1, bold: false }));
}

function normalise(text: string, { yen }: TextContext): string {
  return text
    .normalize('NFC')
    .replace(UNSEEN, '')
    .replace(SPACE, ' ')
    .replace(HYPHEN, '-')
    .replace(YEN, yen);
}

/** The narrow sign where a code page has it, since then its line need not be drawn. */
function yenFor(profile: PrinterProfile, chinese: boolean): '\u00a5' | '\uffe5' {
  const point = '\u00a5'.codePointAt(0) ?? 0;
  const hasNarrow = Object.keys(profile.codePages).some((name) =>
    characterTables().codePage(name).has(point),
  );
  if (profile.chinese === 'none') return hasNarrow || !chinese ? '\u00a5' : '\uffe5';
  return chinese || !hasNarrow ? '\uffe5' : '\u00a5';
}
