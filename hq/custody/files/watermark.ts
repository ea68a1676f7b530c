/**
 * How far the journal is durable, as its writer knew after its last fdatasync. It is written after
 * that and never synced itself, so it may lag behind the journal but not run ahead of it: a journal
 * that ends, or is unreadable, below its watermark is damaged and not merely torn by a crash.
 *
 * A watermark that is missing or torn says nothing, and neither does one in a copy of the folder: a
 * copy made while headquarters ran has its files of different moments, the watermark mostly of the
 * last. So it names the place it was written at (folder-place.ts), which a copy does not have.
 *
 *     u32 segment ┊ u32 offset ┊ u64 next sequence ┊ journal id 16 ┊ place 8 ┊ u32 crc32
 */
import { crc32 } from 'node:zlib';
import { createFileDurably, readFileIfPresent } from '../../../platform/durable/atomic-file.ts';
import { writeAllSync, type OpenFile } from '../../../platform/durable/file-system.ts';
import { folderPlace } from '../../../platform/durable/folder-place.ts';
import { must } from '../../../protocol/must.ts';
import type { CustodyLayout, Position } from './layout.ts';

const BYTES = 44;
const ID_AT = 16;
const PLACE_AT = 32;
const CRC_AT = 40;

const STILL_TEXT = 'Marks the place of this folder: a copy of it is known by this file.\n';

export type Watermark = Position & { nextSequence: number; journalId: string };

export class WatermarkFile {
  readonly #file: OpenFile;
  /** Of the folder, as its saved state names it too. */
  readonly place: string;

  constructor(layout: CustodyLayout) {
    const { disk, watermark, still } = layout;
    if (disk.statSync(still) === undefined) createFileDurably(still, STILL_TEXT, { disk });
    this.#file = disk.openSync(watermark, 'create');
    this.place = must(custodyPlace(layout), 'both files were just made');
  }

  write(watermark: Watermark): void {
    const bytes = Buffer.alloc(BYTES);
    bytes.writeUInt32BE(watermark.segment, 0);
    bytes.writeUInt32BE(watermark.offset, 4);
    bytes.writeBigUInt64BE(BigInt(watermark.nextSequence), 8);
    bytes.write(watermark.journalId, ID_AT, 'hex');
    bytes.write(this.place, PLACE_AT, 'hex');
    bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT);
    writeAllSync(this.#file, bytes, 0);
  }

  close(): void {
    this.#file.closeSync();
  }
}

/** Undefined in a folder that no writer has opened. */
export function custodyPlace(layout: CustodyLayout): string | undefined {
  return folderPlace(layout.disk, layout.still, layout.watermark);
}

/** The watermark where it speaks of this folder. */
export function readWatermark(layout: CustodyLayout): Watermark | undefined {
  const found = decode(layout);
  return found === undefined || found.place !== custodyPlace(layout) ? undefined : found;
}

/** Whether the folder is a copy: its watermark is whole and was written elsewhere. */
export function isCopiedCustody(layout: CustodyLayout): boolean {
  const found = decode(layout);
  return found !== undefined && found.place !== custodyPlace(layout);
}

function decode(layout: CustodyLayout): (Watermark & { place: string }) | undefined {
  const content = readFileIfPresent(layout.watermark, layout.disk);
  if (content?.length !== BYTES) return undefined;
  const bytes = Buffer.from(content);
  if (bytes.readUInt32BE(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))) return undefined;
  return {
    segment: bytes.readUInt32BE(0),
    offset: bytes.readUInt32BE(4),
    nextSequence: Number(bytes.readBigUInt64BE(8)),
    journalId: bytes.toString('hex', ID_AT, PLACE_AT),
    place: bytes.toString('hex', PLACE_AT, CRC_AT),
  };
}
