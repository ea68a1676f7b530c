/**
 * Makes raster-font.bin.gz from the outlines of Noto Sans Mono and Noto Sans SC: run by hand when
 * the fonts, the cell or the fitting change. Needs the development dependencies and no network, and
 * gives the same bytes each time.
 *
 *   node drivers/pos-printer/font/generate-raster-font.ts
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import opentype from 'opentype.js';
import type { Font, Glyph } from 'opentype.js';
import { ambiguousSymbols, isWide } from '../encoding/cell-width.ts';
import { fitGlyph } from './fit-glyph.ts';
import { packFont } from './font-file.ts';
import { fillOutline } from './glyph-outline.ts';
import type { Placement } from './glyph-outline.ts';
import { unwrapWoff } from './woff-container.ts';

const CELL = { width: 12, height: 24 } as const;
/** Mono's advance is 600 units, which shall be a cell; its letters stand on row 19. */
const MONO_DOTS_PER_UNIT = CELL.width / 600;
const MONO_BASELINE = 19;
/** The square of an ideograph is 1,000 units, of which 880 are above the baseline. */
const HAN_DOTS_PER_UNIT = CELL.height / 1_000;
const HAN_BASELINE = 0.88 * CELL.height;
/** Narrower than this it was not made for a square. */
const HAN_ADVANCE_MIN = 900;
const MONO_WEIGHT = 500;
const HAN_WEIGHT = 400;

const resolve = createRequire(import.meta.url).resolve;

/** Code point → glyph, over all files of a family and weight. */
function glyphsOf(family: string, weight: number): Map<number, Glyph> {
  const folder = join(dirname(resolve(`@fontsource/${family}/package.json`)), 'files');
  const glyphs = new Map<number, Glyph>();
  const names = readdirSync(folder).filter((name) => name.endsWith(`-${weight}-normal.woff`));
  for (const name of names.sort()) {
    const font = read(join(folder, name));
    for (let index = 0; index < font.glyphs.length; index += 1) {
      const glyph = font.glyphs.get(index);
      for (const point of glyph.unicodes) if (!glyphs.has(point)) glyphs.set(point, glyph);
    }
  }
  return glyphs;
}

function read(path: string): Font {
  const sfnt = unwrapWoff(readFileSync(path));
  return opentype.parse(sfnt.buffer.slice(sfnt.byteOffset, sfnt.byteOffset + sfnt.byteLength));
}

function draw(glyph: Glyph, placement: Placement, width: number): Uint8Array {
  const size = { width, height: CELL.height };
  const { commands } = glyph.getPath(0, 0, 1_000);
  const samples = fillOutline(commands, placement, size);
  // Latin letters must not dance on their line; ideographs have none.
  const limits = width === CELL.width ? { moveX: 4, moveY: 0 } : { moveX: 4, moveY: 4 };
  return packDots(fitGlyph(samples, limits));
}

function packDots(dots: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(dots.length / 8);
  for (const [at, dot] of dots.entries()) {
    if (dot === 1) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7));
  }
  return bytes;
}

/** Letters with two marks reach above the cell: they are pressed into it. */
function monoPlacement(glyph: Glyph, left: number): Placement {
  const { y1, y2 } = glyph.getBoundingBox();
  const above = y2 * MONO_DOTS_PER_UNIT;
  const below = -y1 * MONO_DOTS_PER_UNIT;
  const press = Math.min(1, MONO_BASELINE / above, (CELL.height - MONO_BASELINE) / below);
  const squeeze = press > 0 ? press : 1;
  return {
    scaleX: MONO_DOTS_PER_UNIT,
    scaleY: MONO_DOTS_PER_UNIT * squeeze,
    left,
    baseline: MONO_BASELINE,
  };
}

const mono = glyphsOf('noto-sans-mono', MONO_WEIGHT);
const han = glyphsOf('noto-sans-sc', HAN_WEIGHT);
const ambiguous = new Set(ambiguousSymbols().map((symbol) => symbol.codePointAt(0) ?? 0));
const narrow = new Map<number, Uint8Array>();
const wide = new Map<number, Uint8Array>();

for (const [point, glyph] of mono) {
  if (point <= 0x20 || isWide(point)) continue;
  narrow.set(point, draw(glyph, monoPlacement(glyph, 0), CELL.width));
  if (!ambiguous.has(point) || (han.get(point)?.advanceWidth ?? 0) >= HAN_ADVANCE_MIN) continue;
  wide.set(point, draw(glyph, monoPlacement(glyph, CELL.width / 2), CELL.width * 2));
}
for (const [point, glyph] of han) {
  if (point <= 0x20) continue;
  const advance = glyph.advanceWidth ?? 0;
  const square = {
    scaleX: HAN_DOTS_PER_UNIT,
    scaleY: HAN_DOTS_PER_UNIT,
    left: 0,
    baseline: HAN_BASELINE,
  };
  if (isWide(point) || ambiguous.has(point)) {
    const left = ((1_000 - advance) / 2) * HAN_DOTS_PER_UNIT;
    if (!wide.has(point)) wide.set(point, draw(glyph, { ...square, left }, CELL.width * 2));
  }
  if (isWide(point) || narrow.has(point)) continue;
  const scaleX = Math.min(HAN_DOTS_PER_UNIT, CELL.width / Math.max(advance, 1));
  const left = (CELL.width - advance * scaleX) / 2;
  narrow.set(point, draw(glyph, { ...square, scaleX, left }, CELL.width));
}

const packed = packFont(CELL, [narrow, wide]);
const zipped = gzipSync(packed, { level: 9 });
writeFileSync(new URL('raster-font.bin.gz', import.meta.url), zipped);
