import t from 'tap';
import { cellWidth } from '../encoding/cell-width.ts';
import { inkedWidth } from './bitmap.ts';
import { drawText } from './draw-text.ts';
import type { Cell, Drawing, DrawStyle } from './draw-text.ts';
import { loadRasterFont } from './raster-font.ts';

const PLAIN: DrawStyle = { underline: false, invert: false, width: 1, height: 1 };
const font = await loadRasterFont();

function draw(text: string, style: Partial<DrawStyle> = {}, bold = false): Drawing {
  const line = Array.from(text).map((character): Cell => ({
    character,
    cells: cellWidth(character, false),
    bold,
  }));
  return drawText(font, line, { ...PLAIN, ...style });
}

const ink = ({ bitmap }: Drawing) => bitmap.dots.reduce<number>((sum, dot) => sum + dot, 0);

/** As people would see it, for glyphs small enough to check by eye. */
function picture({ bitmap }: Drawing): string[] {
  return Array.from({ length: bitmap.height }, (_, row) =>
    [...bitmap.dots.subarray(row * bitmap.width, (row + 1) * bitmap.width)]
      .map((dot) => (dot === 1 ? '#' : '.'))
      .join(''),
  );
}

void t.test('a letter looks like itself', (t) => {
  const rows = picture(draw('I')).filter((row) => row.includes('#'));
  const middle = new Set(rows.slice(3, -3));
  t.equal(middle.size, 1, 'the stem is straight');
  t.ok((rows[0] ?? '').replaceAll('.', '').length > 4, 'with serifs');
  t.equal(rows.length, 14, 'as high as a capital');
  t.end();
});

void t.test('lines stand in cells of 12 by 24 dots, Chinese in two', (t) => {
  t.match(draw('Aß€').bitmap, { width: 36, height: 24 });
  t.match(draw('收据A').bitmap, { width: 60, height: 24 });
  t.match(draw('收', { width: 3, height: 2 }).bitmap, { width: 72, height: 48 });
  t.strictSame(draw('A收据￥€─').missing, []);
  t.end();
});

void t.test('styles change the dots as they say', (t) => {
  const plain = draw('门店');
  t.ok(ink(draw('门店', {}, true)) > ink(plain) * 1.2, 'bold has more ink');
  t.equal(ink(draw('门店', { invert: true })), 48 * 24 - ink(plain), 'inverted has the rest');
  t.equal(ink(draw('门店', { width: 2, height: 2 })), ink(plain) * 4);
  const underlined = picture(draw('门店', { underline: true }));
  t.equal(underlined.at(-1), '#'.repeat(48));
  t.end();
});

void t.test('what nobody has is a hollow box and is named once', (t) => {
  const drawing = draw('𠮷A𠮷');
  t.strictSame(drawing.missing, ['𠮷']);
  const box = picture(draw('𠮷')).filter((row) => row.includes('#'));
  t.equal(new Set(box).size, 2, 'edges and the hollow between them');
  t.end();
});

void t.test('a mark of no width is drawn onto the letter before it', (t) => {
  const marked = draw('x\u0301');
  t.equal(marked.bitmap.width, 12);
  t.ok(ink(marked) > ink(draw('x')));
  t.end();
});

void t.test('what is right of the last dot need not be sent', (t) => {
  t.equal(inkedWidth(draw('    ').bitmap), 0);
  t.ok(inkedWidth(draw('A   ').bitmap) <= 12);
  t.end();
});

void t.test('every character of GB 2312 that the fonts have is there', (t) => {
  const decoder = new TextDecoder('gb18030');
  let present = 0;
  for (let lead = 0xb0; lead <= 0xf7; lead += 1) {
    for (let trail = 0xa1; trail <= 0xfe; trail += 1) {
      const point = decoder.decode(Uint8Array.of(lead, trail)).codePointAt(0) ?? 0;
      if (font.has(point, 2)) present += 1;
    }
  }
  t.ok(present >= 6_720, `${present} of 6,763 characters`);
  t.end();
});
