/**
 * How many cells a character fills: a Chinese character two, a letter one, a combining mark none.
 * From the East Asian Width property (Unicode Standard Annex 11) with one decision of our own: what
 * the standard calls ambiguous fills two cells in Chinese documents where GB 2312 has it among its
 * symbols, since Chinese printers print those twice as wide; elsewhere, and for letters, one.
 */

/** First and last code points of what is Wide or Fullwidth, ascending. */
const WIDE = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3,
  0x25fd, 0x25fe, 0x2614, 0x2615, 0x2648, 0x2653, 0x267f, 0x267f, 0x2693, 0x2693, 0x26a1, 0x26a1,
  0x26aa, 0x26ab, 0x26bd, 0x26be, 0x26c4, 0x26c5, 0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea,
  0x26f2, 0x26f3, 0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd, 0x2705, 0x2705, 0x270a, 0x270b,
  0x2728, 0x2728, 0x274c, 0x274c, 0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797,
  0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c, 0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x2fff,
  0x3000, 0x303e, 0x3041, 0x3247, 0x3250, 0x4dbf, 0x4e00, 0xa4c6, 0xa960, 0xa97c, 0xac00, 0xd7a3,
  0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6b, 0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x18d08,
  0x1aff0, 0x1b2fb, 0x1f004, 0x1f004, 0x1f0cf, 0x1f0cf, 0x1f18e, 0x1f18e, 0x1f191, 0x1f19a, 0x1f200,
  0x1f320, 0x1f32d, 0x1f335, 0x1f337, 0x1f37c, 0x1f37e, 0x1f393, 0x1f3a0, 0x1f3ca, 0x1f3cf, 0x1f3d3,
  0x1f3e0, 0x1f3f0, 0x1f3f4, 0x1f3f4, 0x1f3f8, 0x1f43e, 0x1f440, 0x1f440, 0x1f442, 0x1f4fc, 0x1f4ff,
  0x1f53d, 0x1f54b, 0x1f54e, 0x1f550, 0x1f567, 0x1f57a, 0x1f57a, 0x1f595, 0x1f596, 0x1f5a4, 0x1f5a4,
  0x1f5fb, 0x1f64f, 0x1f680, 0x1f6c5, 0x1f6cc, 0x1f6cc, 0x1f6d0, 0x1f6d2, 0x1f6d5, 0x1f6d7, 0x1f6dc,
  0x1f6df, 0x1f6eb, 0x1f6ec, 0x1f6f4, 0x1f6fc, 0x1f7e0, 0x1f7eb, 0x1f7f0, 0x1f7f0, 0x1f90c, 0x1f93a,
  0x1f93c, 0x1f945, 0x1f947, 0x1f9ff, 0x1fa70, 0x1faff, 0x20000, 0x2fffd, 0x30000, 0x3fffd,
] as const;

/** Ambiguous symbols of rows 1, 2, 3 and 9 of GB 2312, without the euro, which stays narrow. */
const CHINESE_SYMBOLS =
  '¤§¨°±·×÷ˇˉ—‖‘’“”…‰′″※℃№←↑→↓∈∏∑√∝∞∠∥∧∨∩∪∫∮∴∵∶∷∽≈≌≠≡≤≥≮≯⊙⊥⌒■□▲△◆◇○◎●★☆♀♂' +
  'ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ①②③④⑤⑥⑦⑧⑨⑩' +
  '⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛';
const BOX_FIRST = 0x2500;
const BOX_LAST = 0x254b;

const chineseSymbols: ReadonlySet<string> = new Set(CHINESE_SYMBOLS);
const MARK = /^\p{M}$/u;

/** Below it every printable character fills one cell, which is what most text is. */
const NARROW_BELOW = 0xa0;

/** 0, 1 or 2; `chinese` says whether the document is. */
export function cellWidth(character: string, chinese: boolean): 0 | 1 | 2 {
  const point = character.codePointAt(0) ?? 0;
  if (point < NARROW_BELOW) return 1;
  if (isWide(point)) return 2;
  if (chinese && isChineseSymbol(character, point)) return 2;
  return MARK.test(character) ? 0 : 1;
}

/** Every symbol that fills one cell or two, by the language of the document. */
export function ambiguousSymbols(): string[] {
  const boxes = Array.from({ length: BOX_LAST - BOX_FIRST + 1 }, (_, at) =>
    String.fromCodePoint(BOX_FIRST + at),
  );
  return [...Array.from(CHINESE_SYMBOLS), ...boxes];
}

/** Wide or Fullwidth in the standard. */
export function isWide(point: number): boolean {
  if (point < WIDE[0]) return false;
  let low = 0;
  let high = WIDE.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((WIDE[middle * 2 + 1] ?? 0) < point) low = middle + 1;
    else high = middle;
  }
  return (WIDE[low * 2] ?? Infinity) <= point;
}

function isChineseSymbol(character: string, point: number): boolean {
  return (point >= BOX_FIRST && point <= BOX_LAST) || chineseSymbols.has(character);
}
