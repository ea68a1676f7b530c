/**
 * The bytes of a line of text in what the printer has: its code pages, and Chinese characters after
 * `FS &`. Changes between them are as few as can be: each change goes to what carries on longest.
 */
import type { PrinterProfile } from '../printer-profile.ts';
import type { Cell } from '../font/draw-text.ts';
import { characterTables } from './character-tables.ts';

/** What the printer is set to; both survive from line to line. */
export interface TextMode {
  /** Undefined after `ESC @`: which page that selects is a switch of the printer. */
  page: string | undefined;
  chinese: boolean;
}

const ASCII_END = 0x7f;
/** The first and last bytes of GB 2312, for printers that have no more of GB18030. */
const GB2312_FIRST = 0xa1;
const GB2312_LAST = 0xf7;

type Target = { kind: 'page'; name: string } | { kind: 'chinese' };

/** Whether the printer has every character, in the width at which it is laid out. */
export function encodable(cells: readonly Cell[], profile: PrinterProfile): boolean {
  const targets = targetsOf(profile, undefined);
  return cells.every(
    (cell) => isAscii(cell) || targets.some((target) => has(target, cell, profile)),
  );
}

/**
 * Adds the bytes of `cells`, all encodable, and brings `mode` up to date. `around` comes before the
 * bytes of a cell: style changes within the line.
 */
export function encodeCells(
  cells: readonly Cell[],
  profile: PrinterProfile,
  {
    mode,
    push,
    around,
  }: { mode: TextMode; push: (...bytes: number[]) => void; around: (cell: Cell) => void },
): void {
  for (const [at, cell] of cells.entries()) {
    around(cell);
    if (isAscii(cell)) {
      push(pointOf(cell));
      continue;
    }
    if (!has(currentTarget(mode), cell, profile)) {
      switchTo(bestTarget(cells.slice(at), profile, mode), { profile, mode, push });
    }
    if (mode.chinese) push(...chineseBytes(cell));
    else push(pageByte(mode.page, cell) ?? 0x3f);
  }
}

function switchTo(
  target: Target,
  {
    profile,
    mode,
    push,
  }: { profile: PrinterProfile; mode: TextMode; push: (...bytes: number[]) => void },
): void {
  if (target.kind === 'chinese') {
    push(0x1c, 0x26);
    mode.chinese = true;
    return;
  }
  if (mode.chinese) push(0x1c, 0x2e);
  mode.chinese = false;
  if (mode.page === target.name) return;
  push(0x1b, 0x74, profile.codePages[target.name] ?? 0);
  mode.page = target.name;
}

/** What encodes the longest stretch from here; the first of the profile's order among equals. */
function bestTarget(cells: readonly Cell[], profile: PrinterProfile, mode: TextMode): Target {
  let best: Target = { kind: 'chinese' };
  let longest = -1;
  for (const target of targetsOf(profile, mode.page)) {
    const end = cells.findIndex((cell) => !isAscii(cell) && !has(target, cell, profile));
    const length = end === -1 ? cells.length : end;
    if (length > longest) {
      best = target;
      longest = length;
    }
  }
  return best;
}

/** The page that is selected already comes first: going back to it costs nothing. */
function targetsOf(profile: PrinterProfile, page: string | undefined): Target[] {
  const names = Object.keys(profile.codePages);
  const ordered = page === undefined ? names : [page, ...names.filter((name) => name !== page)];
  const pages = ordered.map((name): Target => ({ kind: 'page', name }));
  return profile.chinese === 'none' ? pages : [...pages, { kind: 'chinese' }];
}

function currentTarget(mode: TextMode): Target | undefined {
  if (mode.chinese) return { kind: 'chinese' };
  return mode.page === undefined ? undefined : { kind: 'page', name: mode.page };
}

function has(target: Target | undefined, cell: Cell, profile: PrinterProfile): boolean {
  if (target === undefined) return false;
  if (target.kind === 'page') return cell.cells === 1 && pageByte(target.name, cell) !== undefined;
  const form = cell.cells === 2 ? characterTables().gb18030.get(pointOf(cell)) : undefined;
  if (form === undefined) return false;
  return profile.chinese === 'gb18030' || isGb2312(form);
}

function isGb2312(form: number): boolean {
  const lead = form >> 8;
  return lead >= GB2312_FIRST && lead <= GB2312_LAST && (form & 0xff) >= GB2312_FIRST;
}

function chineseBytes(cell: Cell): [number, number] {
  const form = characterTables().gb18030.get(pointOf(cell)) ?? 0x3f3f;
  return [form >> 8, form & 0xff];
}

function pageByte(page: string | undefined, cell: Cell): number | undefined {
  return page === undefined ? undefined : characterTables().codePage(page).get(pointOf(cell));
}

function isAscii(cell: Cell): boolean {
  return cell.cells === 1 && pointOf(cell) < ASCII_END;
}

function pointOf(cell: Cell): number {
  return cell.character.codePointAt(0) ?? 0;
}
