/**
 * From a parsed document to the bytes of one model of printer. Total and deterministic: whatever a
 * document holds, either all of it becomes bytes or none, with the block that is to blame. What the
 * printer lacks is drawn line by line (characters, codes); what nobody has is named in the notes.
 *
 * A document begins with `ESC @` and ends as it says: whoever sends it adds what confirms it.
 */
import { jsonPointer } from '../../../protocol/json/pointer.ts';
import { must } from '../../../protocol/must.ts';
import type { ReceiptBlock, ReceiptDocument } from '../../../protocol/receipt/document.ts';
import type {
  ColumnsBlock,
  ItemBlock,
  TextBlock,
  TotalBlock,
} from '../../../protocol/receipt/document-schema.ts';
import { problem } from '../../../protocol/transaction/problem.ts';
import type { Problem } from '../../../protocol/transaction/problem.ts';
import { loadRasterFont } from '../font/raster-font.ts';
import type { RasterFont } from '../font/raster-font.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { planBarcode } from './barcode-block.ts';
import { loadCharacterTables } from './character-tables.ts';
import { loadCodeDrawing } from './draw-codes.ts';
import { layOutColumns, layOutItem, layOutText, layOutTotal } from './lay-out-block.ts';
import { loadPictureDecoding, pictureBitmap } from './picture-bitmap.ts';
import { ENCODED_BYTES_MAX, PrinterWriter } from './printer-writer.ts';
import { planQr } from './qr-block.ts';
import { textContext } from './text-cells.ts';
import type { LayoutContext, TextLine } from './text-line.ts';

/** What a person should know about how a document came out. */
export interface EncodeNotes {
  /** Characters that nothing can print, each once: drawn as hollow boxes. */
  readonly unprintable: readonly string[];
  /** Lines of text that were drawn because the printer lacks a character in them. */
  readonly drawnLines: number;
  /** Bar codes and QR codes that were drawn. */
  readonly drawnCodes: number;
}

export type Encoded =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly notes: EncodeNotes }
  /** Nothing of the document may be printed. */
  | { readonly ok: false; readonly problem: Problem };

export interface EncodeOptions {
  /** PNGs by name, for `logo` blocks. */
  readonly logos?: ReadonlyMap<string, Uint8Array>;
  /** Where the document stands in the request, as problems' paths begin. */
  readonly at?: readonly string[];
}

let font: RasterFont | undefined;

/** Loads character tables, the raster font and the drawing of codes; await it once, early. */
export async function prepareEncoding(): Promise<void> {
  const [loaded] = await Promise.all([
    loadRasterFont(),
    loadCharacterTables(),
    loadCodeDrawing(),
    loadPictureDecoding(),
  ]);
  font = loaded;
}

/** Throws `INTERNAL` before `prepareEncoding` has ended, and never else. */
export function encodeDocument(
  document: ReceiptDocument,
  profile: PrinterProfile,
  options: EncodeOptions = {},
): Encoded {
  const writer = new PrinterWriter(profile, must(font, 'prepareEncoding was awaited'));
  const layout = { profile, text: textContext(profile, document.language) };
  const at = options.at ?? [];
  const work = { writer, layout, document, logos: options.logos ?? new Map<string, Uint8Array>() };
  for (const [index, block] of document.blocks.entries()) {
    const fault = writeBlock(block, work);
    if (fault !== undefined) {
      const { code, member, message } = fault;
      const path = jsonPointer([...at, 'blocks', String(index), member]);
      return { ok: false, problem: problem(code, path, { message: `${message}.` }) };
    }
    if (writer.isTooLong) {
      const message = `The document becomes more than ${ENCODED_BYTES_MAX} bytes on this printer.`;
      return { ok: false, problem: problem('RECEIPT_TOO_LONG', jsonPointer(at), { message }) };
    }
  }
  const { drawnLines, drawnCodes } = writer;
  const notes = { unprintable: [...writer.unprintable], drawnLines, drawnCodes };
  return { ok: true, bytes: writer.bytes(), notes };
}

interface Work {
  readonly writer: PrinterWriter;
  readonly layout: LayoutContext;
  readonly document: ReceiptDocument;
  readonly logos: ReadonlyMap<string, Uint8Array>;
}

interface Fault {
  readonly code: Problem['code'];
  /** Of the block. */
  readonly member: string;
  readonly message: string;
}

function writeBlock(block: ReceiptBlock, work: Work): Fault | undefined {
  const { writer } = work;
  switch (block.type) {
    case 'text':
    case 'columns':
    case 'item':
    case 'total':
      for (const line of linesOf(block, work)) writer.line(line);
      return undefined;
    case 'rule':
      writeRule(block.line === 'double' ? '=' : '-', work);
      return undefined;
    case 'feed':
      writer.feed(block.lines ?? 1);
      return undefined;
    case 'cut':
      writeCut(block.mode, work);
      return undefined;
    case 'barcode':
      return writeBarcode(block, work);
    case 'qr':
      writeQr(block, work);
      return undefined;
    case 'image':
      return writePicture(Buffer.from(block.png, 'base64'), { ...block, member: 'png' }, work);
    case 'logo': {
      const png = work.logos.get(block.name);
      if (png !== undefined) return writePicture(png, { ...block, member: 'name' }, work);
      const names = [...work.logos.keys()].join(', ');
      const known = names === '' ? 'there is none' : `there are: ${names}`;
      const message = `There is no logo ${JSON.stringify(block.name)}; ${known}`;
      return { code: 'RECEIPT_LOGO', member: 'name', message };
    }
  }
}

function linesOf(
  block: TextBlock | ColumnsBlock | ItemBlock | TotalBlock,
  { layout, document }: Work,
): TextLine[] {
  switch (block.type) {
    case 'text':
      return layOutText(block, layout);
    case 'columns':
      return layOutColumns(block, layout);
    case 'item':
      return layOutItem(block, document, layout);
    case 'total':
      return layOutTotal(block, document, layout);
  }
}

function writeRule(sign: string, { writer, layout }: Work): void {
  const text = sign.repeat(layout.profile.fonts.A.columns);
  for (const line of layOutText({ type: 'text', text }, layout)) writer.line(line);
}

function writeCut(mode: 'full' | 'partial' | undefined, { writer, layout }: Work): void {
  const { cut, feedBeforeCut } = layout.profile;
  writer.align('left');
  writer.feed(feedBeforeCut);
  if (cut === 'none') return;
  // Who cuts fully can leave a bridge; who always leaves one cannot cut fully.
  writer.push(0x1d, 0x56, cut === 'partial' || mode === 'partial' ? 1 : 0);
}

function writeBarcode(
  block: Extract<ReceiptBlock, { type: 'barcode' }>,
  { writer, layout }: Work,
): Fault | undefined {
  const plan = planBarcode(block, layout.profile);
  const align = block.align ?? 'left';
  switch (plan.kind) {
    case 'refused':
      return { code: plan.code, member: 'data', message: plan.reason };
    case 'command':
      writer.command(plan.bytes, align);
      return undefined;
    case 'drawing': {
      writer.code(plan.bitmap, align);
      if (plan.text === undefined) return undefined;
      const text = { type: 'text', text: plan.text, align } as const;
      for (const line of layOutText(text, layout)) writer.line(line);
      return undefined;
    }
  }
}

function writeQr(block: Extract<ReceiptBlock, { type: 'qr' }>, { writer, layout }: Work): void {
  const plan = planQr(block, layout.profile);
  const align = block.align ?? 'left';
  if (plan.kind === 'command') writer.command(plan.bytes, align);
  else writer.code(plan.bitmap, align);
}

function writePicture(
  png: Uint8Array,
  block: { member: string; widthDots?: number; align?: 'left' | 'center' | 'right' },
  { writer, layout }: Work,
): Fault | undefined {
  const { widthDots, dotsPerInch, columnImage } = layout.profile;
  const rowRatio = (columnImage?.verticalDotsPerInch ?? dotsPerInch) / dotsPerInch;
  const size = { widthDots: block.widthDots, widthMax: widthDots, rowRatio };
  const bitmap = pictureBitmap(png, size);
  if (typeof bitmap === 'string') {
    return { code: 'RECEIPT_PICTURE', member: block.member, message: bitmap };
  }
  writer.picture(bitmap, block.align ?? 'left');
  return undefined;
}
