/** A QR code: by `GS ( k` where the profile has it, otherwise drawn. */
import type { QrBlock } from '../../../protocol/receipt/document-schema.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { magnify } from '../font/bitmap.ts';
import type { Bitmap } from '../font/bitmap.ts';
import { qrModules } from './draw-codes.ts';
import { hasRealTimePair } from './real-time-pairs.ts';

const MODULE_DOTS = 6;
const ERROR_LEVEL_CODES = { L: 48, M: 49, Q: 50, H: 51 } as const;
/** The least part of a symbol's codewords that are data, over all versions (ISO/IEC 18004 table 7). */
const DATA_PART = { L: 0.73, M: 0.6, Q: 0.44, H: 0.34 } as const;
/** Mode, length and padding take less. */
const OVERHEAD_BYTES = 3;
const VERSIONS = 40;

export type QrPlan =
  | { readonly kind: 'command'; readonly bytes: Buffer }
  | { readonly kind: 'drawing'; readonly bitmap: Bitmap };

export function planQr(block: QrBlock, profile: PrinterProfile): QrPlan {
  const level = block.errorLevel ?? 'M';
  const wished = block.moduleDots ?? MODULE_DOTS;
  if (profile.qr) {
    const data = Buffer.from(block.text);
    const widest = sideBound(data.length, level);
    const bytes = commandBytes(data, level, fitting(wished, widest, profile));
    // The length of 1,037 or 1,293 bytes reads as a real-time command: such a code is drawn.
    if (!hasRealTimePair(bytes)) return { kind: 'command', bytes };
  }
  const modules = qrModules(block.text, level);
  const dots = fitting(wished, modules.width, profile);
  const vertical = profile.columnImage?.verticalDotsPerInch ?? profile.dotsPerInch;
  const rows = Math.max(1, Math.round((dots * vertical) / profile.dotsPerInch));
  return { kind: 'drawing', bitmap: magnify(modules, dots, rows) };
}

function fitting(wished: number, side: number, { widthDots }: PrinterProfile): number {
  return Math.max(1, Math.min(wished, Math.floor(widthDots / side)));
}

/** Modules of a side that the printer will not exceed, whatever mode it chooses. */
function sideBound(bytes: number, level: keyof typeof DATA_PART): number {
  for (let version = 1; version < VERSIONS; version += 1) {
    if (codewords(version) * DATA_PART[level] >= bytes + OVERHEAD_BYTES) return 17 + 4 * version;
  }
  return 17 + 4 * VERSIONS;
}

/** All codewords of a version: the modules that hold no pattern, format or version, by eight. */
function codewords(version: number): number {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligned = Math.floor(version / 7) + 2;
    modules -= (25 * aligned - 10) * aligned - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

function commandBytes(
  data: Buffer,
  level: keyof typeof ERROR_LEVEL_CODES,
  moduleDots: number,
): Buffer {
  const stored = data.length + 3;
  return Buffer.concat([
    Buffer.of(0x1d, 0x28, 0x6b, 4, 0, 0x31, 0x41, 0x32, 0),
    Buffer.of(0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x43, moduleDots),
    Buffer.of(0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x45, ERROR_LEVEL_CODES[level]),
    Buffer.of(0x1d, 0x28, 0x6b, stored & 0xff, stored >> 8, 0x31, 0x50, 0x30),
    data,
    Buffer.of(0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x51, 0x30),
  ]);
}
