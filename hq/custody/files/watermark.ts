/**
 * How far the journal is durable, as its writer knew after its last fdatasync. It is written after
 * that and never synced itself, so it may lag behind the journal but not run ahead of it: a journal
 * that ends, or is unreadable, below its watermark is damaged and not merely torn by a crash. A
 * watermark that is missing or torn says nothing.
 *
 *     u32 segment ┊ u32 offset ┊ u64 next sequence ┊ journal id 16 ┊ u32 crc32
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { readFileIfPresent } from '../../../platform/durable/atomic-file.ts';
import type { Position } from './layout.ts';

const BYTES = 36;
const CRC_AT = 32;

export type Watermark = Position & { nextSequence: number; journalId: string };

export class WatermarkFile {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'a+');
    closeSync(this.#descriptor);
    this.#descriptor = openSync(path, 'r+');
  }

  write(watermark: Watermark): void {
    const bytes = Buffer.alloc(BYTES);
    bytes.writeUInt32BE(watermark.segment, 0);
    bytes.writeUInt32BE(watermark.offset, 4);
    bytes.writeBigUInt64BE(BigInt(watermark.nextSequence), 8);
    bytes.write(watermark.journalId, 16, 'hex');
    bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT);
    writeSync(this.#descriptor, bytes, 0, BYTES, 0);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

export function readWatermark(path: string): Watermark | undefined {
  const content = readFileIfPresent(path);
  if (content?.length !== BYTES) return undefined;
  const bytes = Buffer.from(content);
  if (bytes.readUInt32BE(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))) return undefined;
  return {
    segment: bytes.readUInt32BE(0),
    offset: bytes.readUInt32BE(4),
    nextSequence: Number(bytes.readBigUInt64BE(8)),
    journalId: bytes.toString('hex', 16, CRC_AT),
  };
}
