import fc from 'fast-check';
import t from 'tap';
import type { Cell } from '../font/draw-text.ts';
import { cellWidth } from './cell-width.ts';
import { columnWidths } from './column-widths.ts';
import { wrapCells } from './wrap-cells.ts';

const cellsOf = (text: string): Cell[] =>
  Array.from(text, (character) => ({ character, cells: cellWidth(character, true), bold: false }));
const textOf = (cells: readonly Cell[]) => cells.map((cell) => cell.character).join('');
const wrap = (text: string, width: number) => wrapCells(cellsOf(text), width).map(textOf);

void t.test('lines break at spaces, and inside a word only where it is too long', (t) => {
  t.strictSame(wrap('WHITE HANGING HEART T-LIGHT HOLDER', 16), [
    'WHITE HANGING',
    'HEART T-LIGHT',
    'HOLDER',
  ]);
  t.strictSame(wrap('abcdefghij kl', 4), ['abcd', 'efgh', 'ij', 'kl']);
  t.strictSame(wrap('  indented text', 10), ['  indented', 'text']);
  t.strictSame(wrap('', 5), ['']);
  t.strictSame(wrap('end   ', 4), ['end']);
  t.end();
});

void t.test('Chinese breaks between characters, but not before a closing sign', (t) => {
  t.strictSame(wrap('白色心形挂饰灯', 6), ['白色心', '形挂饰', '灯']);
  t.strictSame(wrap('白色心形挂饰灯', 7), ['白色心', '形挂饰', '灯'], 'no half character');
  t.strictSame(wrap('谢谢惠顾，再见', 8), ['谢谢惠', '顾，再见']);
  t.strictSame(wrap('共计（人民币）', 6), ['共计', '（人民', '币）']);
  t.strictSame(wrap('收据', 1), ['?', '?'], 'where not even one fits');
  t.end();
});

void t.test('wrapping loses nothing but spaces, and no line is too wide', (t) => {
  const piece = fc.constantFrom(
    'a',
    'B ',
    '  ',
    '-',
    '收',
    '据，',
    '（',
    '€',
    'ß',
    '1.5',
    '“',
    '한',
    'e\u0301',
  );
  const texts = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, width) => {
      const lines = wrapCells(cellsOf(text), width);
      const wide = lines.some((line) => line.reduce((sum, cell) => sum + cell.cells, 0) > width);
      const kept = lines.map(textOf).join('').replaceAll(' ', '');
      return !wide && lines.length > 0 && kept === text.replaceAll(' ', '');
    }),
    { numRuns: 400 },
  );
  t.end();
});

void t.test('columns share a line out to its last cell', (t) => {
  t.strictSame(columnWidths([{ cells: 4 }, {}, { cells: 10 }], 48), {
    widths: [4, 32, 10],
    gap: 1,
  });
  t.strictSame(columnWidths([{ share: 2 }, { share: 1 }], 32), { widths: [21, 10], gap: 1 });
  t.strictSame(columnWidths([{ cells: 40 }, { cells: 20 }], 31), { widths: [20, 10], gap: 1 });
  t.strictSame(columnWidths([{}, {}, {}, {}, {}, {}, {}, {}], 8), {
    widths: [1, 1, 1, 1, 1, 1, 1, 1],
    gap: 0,
  });
  const wish = fc.record(
    { cells: fc.integer({ min: 1, max: 64 }), share: fc.integer({ min: 1, max: 100 }) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 8, max: 64 }),
      (columns, total) => {
        const { widths, gap } = columnWidths(columns, total);
        const used = widths.reduce((sum, width) => sum + width, gap * (columns.length - 1));
        const isOpen = columns.some(({ cells }) => cells === undefined);
        return widths.every((width) => width >= 1) && used <= total && (!isOpen || used === total);
      },
    ),
    { numRuns: 400 },
  );
  t.end();
});
