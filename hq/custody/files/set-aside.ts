/**
 * Takes what follows a hole out of a copied journal, without deleting any of it: the segment with
 * the hole is copied, and every later segment moved, into a folder of their own. The files of a copy
 * that was made while headquarters ran are of different moments, so a segment may end before what
 * the next one continues. Safe to do again after a crash in the middle.
 */
import { basename, join } from 'node:path';
import {
  makeDirectoryDurably,
  writeFileAtomicallySync,
} from '../../../platform/durable/atomic-file.ts';
import type { CustodyLayout, Position } from './layout.ts';
import type { OpenFiles } from './open-files.ts';

/** The caller cuts off what follows `end` in its segment. */
export function setAside(layout: CustodyLayout, files: OpenFiles, end: Position): void {
  const { disk } = layout;
  const later = disk
    .readFolderSync(layout.segments)
    .filter((name) => /^\d{8}\.seg$/.test(name) && Number(name.slice(0, 8)) > end.segment);
  const folder = join(layout.setAside, `after-${end.segment}-${end.offset}`);
  makeDirectoryDurably(folder, 0o700, disk);
  const holed = layout.segment(end.segment);
  const bytes = disk.readFileSync(holed);
  if (bytes.length > end.offset) {
    writeFileAtomicallySync(join(folder, basename(holed)), bytes, { disk });
  }
  // From the end, so that a crash leaves a journal with the same hole.
  for (const name of later.toSorted().reverse()) {
    files.forget(join(layout.segments, name));
    disk.renameSync(join(layout.segments, name), join(folder, name));
  }
  disk.syncFolderSync(folder);
  disk.syncFolderSync(layout.segments);
}
