/** A bar code: by the printer's own command where its profile has the symbology, otherwise drawn. */
import { checkBarcode } from '../../../protocol/receipt/barcode-data.ts';
import type { BarcodeBlock } from '../../../protocol/receipt/document-schema.ts';
import type { BarcodeSymbology } from '../../../protocol/receipt/graphic-block-schemas.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import type { Bitmap } from '../font/bitmap.ts';
import { code128Data } from './code128-data.ts';
import { barcodeModules, drawBarcode } from './draw-codes.ts';

/** m of `GS k`, function B. */
const COMMAND_CODES: Readonly<Record<BarcodeSymbology, number>> = {
  upca: 65,
  ean13: 67,
  ean8: 68,
  code39: 69,
  itf: 70,
  code128: 73,
};
const HEIGHT_DOTS = 80;
const MODULE_DOTS = 3;
/** Scanners need bars of a quarter of a millimetre: two dots. */
const MODULE_DOTS_MIN = 2;

export type BarcodePlan =
  | { readonly kind: 'command'; readonly bytes: number[] }
  | { readonly kind: 'drawing'; readonly bitmap: Bitmap; readonly text: string | undefined }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly code: 'RECEIPT_BARCODE' | 'RECEIPT_PAPER_WIDTH';
    };

export function planBarcode(block: BarcodeBlock, profile: PrinterProfile): BarcodePlan {
  const checked = checkBarcode(block.symbology, block.data);
  if (!checked.ok) return { kind: 'refused', reason: checked.reason, code: 'RECEIPT_BARCODE' };
  const { data } = checked;
  const isOwn = profile.barcodes.includes(block.symbology) && block.moduleDots !== 1;
  const drawn = isOwn ? [] : barcodeModules(block.symbology, data);
  const modules = isOwn ? modulesOf(block.symbology, data) : sumOf(drawn);
  const moduleDots = fitting(block.moduleDots ?? MODULE_DOTS, modules, profile.widthDots);
  if (moduleDots === undefined) {
    const narrowest = Math.min(block.moduleDots ?? MODULE_DOTS_MIN, MODULE_DOTS_MIN);
    const reason = `The bar code is ${modules * narrowest} dots wide, and the paper ${profile.widthDots}`;
    return { kind: 'refused', reason, code: 'RECEIPT_PAPER_WIDTH' };
  }
  const heightDots = block.heightDots ?? HEIGHT_DOTS;
  const vertical = profile.columnImage?.verticalDotsPerInch ?? profile.dotsPerInch;
  const rows = Math.round((heightDots * vertical) / profile.dotsPerInch);
  const withText = block.text !== 'none';
  if (isOwn) {
    const own = { symbology: block.symbology, data, heightDots, moduleDots, withText };
    return { kind: 'command', bytes: commandBytes(own) };
  }
  const bitmap = drawBarcode(drawn, { moduleDots, heightDots: rows });
  return { kind: 'drawing', bitmap, text: withText ? data : undefined };
}

function sumOf(modules: readonly number[]): number {
  return modules.reduce((sum, module) => sum + module, 0);
}

/** As wide as wished, or narrower down to what scanners read. */
function fitting(wished: number, modules: number, widthDots: number): number | undefined {
  for (let dots = wished; dots >= Math.min(wished, MODULE_DOTS_MIN); dots -= 1) {
    if (modules * dots <= widthDots) return dots;
  }
  return undefined;
}

/** Widths as printers make them, with wide bars of three modules where a symbology has wide ones. */
function modulesOf(symbology: BarcodeSymbology, data: string): number {
  switch (symbology) {
    case 'ean13':
    case 'upca':
      return 95;
    case 'ean8':
      return 67;
    case 'code39':
      return (data.length + 2) * 16 - 1;
    case 'itf':
      return data.length * 9 + 9;
    case 'code128':
      return code128Data(data).modules;
  }
}

function commandBytes(own: {
  symbology: BarcodeSymbology;
  data: string;
  heightDots: number;
  moduleDots: number;
  withText: boolean;
}): number[] {
  const { symbology, data } = own;
  const content =
    symbology === 'code128' ? code128Data(data).bytes : [...Buffer.from(data, 'latin1')];
  return [
    ...[0x1d, 0x68, own.heightDots],
    ...[0x1d, 0x77, own.moduleDots],
    ...[0x1d, 0x66, 0],
    ...[0x1d, 0x48, own.withText ? 2 : 0],
    ...[0x1d, 0x6b, COMMAND_CODES[symbology], content.length, ...content],
  ];
}
