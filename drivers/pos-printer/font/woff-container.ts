/**
 * Unwraps WOFF 1.0 into the TrueType file inside (W3C WOFF 1.0 sections 3 to 5). For the generator of
 * the raster font alone: the parser's own inflater refuses some of the files that zlib reads.
 */
import { inflateSync } from 'node:zlib';

const WOFF_HEADER_BYTES = 44;
const WOFF_ENTRY_BYTES = 20;
const SFNT_HEADER_BYTES = 12;
const SFNT_ENTRY_BYTES = 16;

export function unwrapWoff(woff: Buffer): Buffer {
  const tables = woff.readUInt16BE(12);
  const directory = Buffer.alloc(SFNT_HEADER_BYTES + SFNT_ENTRY_BYTES * tables);
  woff.copy(directory, 0, 4, 8);
  directory.writeUInt16BE(tables, 4);
  const parts: Buffer[] = [directory];
  let offset = directory.length;
  for (let index = 0; index < tables; index += 1) {
    const entry = WOFF_HEADER_BYTES + WOFF_ENTRY_BYTES * index;
    const start = woff.readUInt32BE(entry + 4);
    const packedBytes = woff.readUInt32BE(entry + 8);
    const tableBytes = woff.readUInt32BE(entry + 12);
    const packed = woff.subarray(start, start + packedBytes);
    const table = Buffer.alloc((tableBytes + 3) & ~3);
    (packedBytes < tableBytes ? inflateSync(packed) : packed).copy(table);
    const target = SFNT_HEADER_BYTES + SFNT_ENTRY_BYTES * index;
    woff.copy(directory, target, entry, entry + 4);
    directory.writeUInt32BE(woff.readUInt32BE(entry + 16), target + 4);
    directory.writeUInt32BE(offset, target + 8);
    directory.writeUInt32BE(tableBytes, target + 12);
    parts.push(table);
    offset += table.length;
  }
  return Buffer.concat(parts);
}
