/**
 * Where the files of a custody folder lie.
 *
 *     segments/00000001.seg …   the journal: everything that is kept, in custody order
 *     index/3.entries           log number 3: where each entry lies, 8 bytes an entry
 *     index/3.blobs             the same for blobs, sparse
 *     state.json                how far the index files reach, and the heads there
 *     watermark                 how far the journal is known to be durable
 *     still                     never written again, so that a copy of the folder is known
 *     set-aside/                what followed a hole in a copied journal; only people read it
 *
 * Only the journal is the truth; index and state are made from it again when they are missing.
 */
import { join } from 'node:path';
import type { FileSystem } from '../../../platform/durable/file-system.ts';
import { nodeFileSystem } from '../../../platform/durable/node-file-system.ts';

export type Position = { segment: number; offset: number };

export const FIRST_SEGMENT = 1;

export class CustodyLayout {
  readonly disk: FileSystem;
  readonly folder: string;
  readonly segments: string;
  readonly index: string;
  readonly state: string;
  readonly watermark: string;
  readonly still: string;
  readonly setAside: string;

  constructor(folder: string, disk: FileSystem = nodeFileSystem) {
    this.disk = disk;
    this.folder = folder;
    this.segments = join(folder, 'segments');
    this.index = join(folder, 'index');
    this.state = join(folder, 'state.json');
    this.watermark = join(folder, 'watermark');
    this.still = join(folder, 'still');
    this.setAside = join(folder, 'set-aside');
  }

  segment(number: number): string {
    return join(this.segments, `${String(number).padStart(8, '0')}.seg`);
  }

  entriesIndex(log: number): string {
    return join(this.index, `${log}.entries`);
  }

  blobsIndex(log: number): string {
    return join(this.index, `${log}.blobs`);
  }
}

export function isBefore(a: Position, b: Position): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);
}
